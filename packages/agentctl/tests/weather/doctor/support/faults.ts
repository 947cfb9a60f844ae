import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { InjectedFault as BedrockFault } from '../../../../../../emulators/bedrock/src/control/controls.ts'
import { staticKeys } from '../../../../../../tests/contract/bedrock/emulated-aws.ts'
import { identities } from '../../../../../../tests/support/identities.ts'
import type { LaptopOptions } from '../../../../src/doctor/laptop.ts'
import { blueprintOf, type Cause, causes, weatherApiOf } from './causes.ts'
import { type Laptop, roleArn, sidecarImage, type Variables } from './laptop.ts'

/** One induced fault, and the code by which the doctor has to name it. If `flow` is set, turns in that flow fail too. */
export interface InducedFailure extends Omit<Cause, 'flow'>, Partial<Pick<Cause, 'flow'>> {
  /** Whether the doctor only warns, since the agent works for now. */
  readonly warns?: true
  /** Whether the doctor has to give up waiting; everything else gets longer than usual on a busy machine. */
  readonly hangs?: true
  readonly env?: Variables | ((laptop: Laptop) => Variables)
  readonly weather?: Variables
  readonly options?: (laptop: Laptop) => Promise<LaptopOptions> | LaptopOptions
}

const { blueprintAppId, weatherAppId, pageAppId, agentId } = identities
const foreignId = '12345678-0000-4000-8000-000000000000'
const model = 'anthropic.claude-haiku-5-5'

function brokenBedrock(fault: BedrockFault['fault'], code: string, what: string): InducedFailure {
  return { what, code, change: ({ aws }) => aws.break(fault) }
}

function bedrockError(name: string, code: string, what: string): InducedFailure {
  return brokenBedrock({ kind: 'error', name } as BedrockFault['fault'], code, what)
}

const awsEnv = (values: Variables): Variables => ({
  AWS_ACCESS_KEY_ID: undefined,
  AWS_SECRET_ACCESS_KEY: undefined,
  AWS_CONFIG_FILE: '/nonexistent/config',
  AWS_SHARED_CREDENTIALS_FILE: '/nonexistent/credentials',
  ...values,
})

type TokenClaims = Parameters<Laptop['cluster']['project']>[0]

const webIdentity = ({ cluster }: Laptop): Variables =>
  awsEnv({ AWS_ROLE_ARN: roleArn, AWS_WEB_IDENTITY_TOKEN_FILE: cluster.tokenFile })

/** A configuration file from before approvals existed. */
function withOldMcpConfig({ agentsFile, stack }: Laptop): Variables {
  const file = join(dirname(agentsFile), 'mcp.json')
  const url = `${stack.weatherUrl}/mcp`
  const notes = { url, downstreamApi: 'weather', appId: weatherAppId, allowedTools: ['get_weather'] }
  writeFileSync(file, JSON.stringify({ mcpServers: { notes } }))
  return { MCP_CONFIG: file }
}

/** The agent authenticates to AWS by the pod's token, and AWS refuses the claims of the token. */
function badToken(what: string, claims: TokenClaims, code = 'BEDROCK_CREDENTIALS_INVALID'): InducedFailure {
  return { what, code, env: webIdentity, change: ({ cluster }) => cluster.project(claims) }
}

/** The configuration of AWS as somebody left it who forgot a bracket. */
function withBrokenAwsConfig({ agentsFile }: Laptop): Variables {
  const file = join(dirname(agentsFile), 'aws-config')
  writeFileSync(file, '[profile agent\nregion = eu-central-1\n')
  return awsEnv({ AWS_CONFIG_FILE: file })
}

// biome-ignore format: table
const configuration: readonly InducedFailure[] = [
  { what: 'an id is missing and another is none', code: 'CONFIGURATION_INVALID', env: { AGENT_CLIENT_ID: undefined, WEATHER_API_APP_ID: 'weather' } },
  { what: 'the blueprint’s id stands where the agent identity’s belongs', code: 'CONFIGURATION_INVALID', env: { AGENT_CLIENT_ID: blueprintAppId } },
  { what: 'tokens would travel by plain http', code: 'CONFIGURATION_INVALID', env: { SIDECAR_URL: 'http://sidecar.example:5000' } },
  { what: 'another program listens at the agent’s port', code: 'CONFIGURATION_INVALID', env: ({ portal }) => ({ PORT: new URL(portal.url).port }) },
  { what: 'the file of NODE_EXTRA_CA_CERTS is missing', code: 'CONFIGURATION_INVALID', env: { NODE_EXTRA_CA_CERTS: '/nowhere/ca.pem' } },
  { what: 'the blueprint’s secret is in .env', code: 'SECRET_STORED', warns: true, env: { BLUEPRINT_CLIENT_SECRET: 'a secret' } },
  { what: 'a host name is misspelt', code: 'NAME_NOT_RESOLVED', env: { WEATHER_API_URL: 'http://weather-api.invalid:8080' } },
  { what: 'Entra is out of reach', code: 'ENTRA_UNAVAILABLE', env: { ENTRA_AUTHORITY: 'http://localhost:9' } },
  { what: 'what responds in Entra’s place never answers', hangs: true, code: 'ENTRA_UNAVAILABLE', env: ({ silent }) => ({ ENTRA_AUTHORITY: silent.url }) },
  { what: 'Entra’s certificate is of an authority that this machine does not know', code: 'TLS_FAILED', env: ({ untrustedUrl }) => ({ ENTRA_AUTHORITY: untrustedUrl }) },
  { what: 'the API’s certificate is of an authority that this machine does not know', code: 'TLS_FAILED', env: ({ untrustedUrl }) => ({ WEATHER_API_URL: untrustedUrl }) },
  { what: 'ENTRA_AUTHORITY is https, and its port is for http', code: 'TLS_FAILED', env: ({ stack }) => ({ ENTRA_AUTHORITY: stack.entraUrl.replace('http:', 'https:') }) },
  { what: 'a web page responds in Entra’s place', code: 'ENTRA_UNAVAILABLE', env: ({ portal }) => ({ ENTRA_AUTHORITY: portal.url }) },
  { what: 'ENTRA_AUTHORITY has tenant and /v2.0', code: 'CONFIGURATION_INVALID', env: ({ stack }) => ({ ENTRA_AUTHORITY: `${stack.entraUrl}/${foreignId}/v2.0` }) },
  { what: 'TENANT_ID is of no tenant', code: 'ENTRA_REFUSED', env: { TENANT_ID: foreignId } },
  { what: 'the clock is 17 minutes off', code: 'CLOCK_WRONG', change: ({ entra }) => entra.settings.change({ clockOffsetSeconds: 1_000 }) },
  { what: 'the ids of agent and API are swapped', code: 'FEDERATION_MISMATCH', env: { AGENT_CLIENT_ID: weatherAppId, WEATHER_API_APP_ID: agentId } },
  { what: 'AGENT_CLIENT_ID is of an application that is no agent identity', code: 'FEDERATION_MISMATCH', env: { AGENT_CLIENT_ID: pageAppId, CLIENT_SPA_APP_ID: foreignId } },
  { what: 'the file of the seal keys has none', code: 'CONFIGURATION_INVALID', env: { SEAL_KEYS_FILE: '/dev/null' } },
  { what: 'nobody has said which tools of an MCP server only read', code: 'TOOLS_WAIT', warns: true, env: withOldMcpConfig },
  { what: 'the clock is two minutes off', code: 'CLOCK_WRONG', warns: true, change: ({ entra }) => entra.settings.change({ clockOffsetSeconds: 120 }) },
]

// biome-ignore format: table
const signIn: readonly InducedFailure[] = [
  { what: 'no application is set up for sign-in', code: 'SIGN_IN_NOT_CONFIGURED', warns: true, env: { CLIENT_SPA_APP_ID: undefined } },
  { what: 'the page is at http://agent.example:3001 (MSAL: pkce_not_created)', code: 'PAGE_ORIGIN_INSECURE', options: () => ({ page: 'http://agent.example:3001' }) },
  { what: 'the page’s redirect URI is not registered (AADSTS50011)', code: 'REDIRECT_URI_NOT_REGISTERED', options: () => ({ page: 'https://agent.example' }) },
  { what: 'the page’s address for consent is not registered on the blueprint (AADSTS50011)', code: 'CONSENT_URI_NOT_REGISTERED', env: { CONSENT_REDIRECT_URI: 'https://agent.example/auth/consent.html' } },
  { what: 'Entra lets no user consent to an agent (AADSTS82014)', code: 'CONSENT_URI_NOT_REGISTERED', warns: true, env: { CONSENT_REDIRECT_URI: 'http://localhost:3001/auth/consent.html' }, change: ({ entra }) => entra.settings.change({ agentConsent: 'refused' }) },
  { what: 'CLIENT_SPA_APP_ID is of no application', code: 'CONFIGURATION_INVALID', env: { CLIENT_SPA_APP_ID: foreignId }, options: () => ({ userToken: undefined }) },
  { what: 'the page’s application has no principal', code: 'CONFIGURATION_INVALID', change: ({ entra }) => { entra.directory.content.servicePrincipals = entra.directory.content.servicePrincipals.filter(one => one.appId !== pageAppId) } },
  { what: 'the ids of page and API are swapped', code: 'SIDECAR_MISCONFIGURED', env: { CLIENT_SPA_APP_ID: weatherAppId, WEATHER_API_APP_ID: pageAppId } },
  { what: 'the blueprint’s scope access_as_user is disabled', code: 'ENTRA_REFUSED', change: laptop => { for (const scope of blueprintOf(laptop.entra).api.oauth2PermissionScopes) scope.isEnabled = false } },
  { what: 'the user’s token is of another tenant', code: 'USER_TOKEN_INVALID', options: async laptop => ({ userToken: await laptop.token({ claims: { tid: foreignId } }) }) },
  { what: 'the blueprint has no scope access_as_user', code: 'ENTRA_REFUSED', change: laptop => { blueprintOf(laptop.entra).api.oauth2PermissionScopes = [] } },
  { what: 'BLUEPRINT_APP_ID is of another application', code: 'USER_TOKEN_WRONG_AUDIENCE', env: { BLUEPRINT_APP_ID: foreignId } },
  {
    what: 'the blueprint issues tokens of version 1',
    code: 'USER_TOKEN_WRONG_AUDIENCE',
    options: async laptop => {
      blueprintOf(laptop.entra).api.requestedAccessTokenVersion = 1
      return { userToken: await laptop.token() }
    },
  },
  { what: 'the user’s token is cut off', code: 'USER_TOKEN_INVALID', options: async laptop => ({ userToken: (await laptop.token()).slice(0, -41) }) },
  { what: 'the user’s token is no JWT', code: 'USER_TOKEN_INVALID', options: () => ({ userToken: 'a-password' }) },
  { what: 'the user’s token has expired', code: 'USER_TOKEN_EXPIRED', options: async laptop => ({ userToken: await laptop.token({ lifetimeSeconds: -60 }) }) },
  { what: 'the user’s token is for Microsoft Graph or another application', code: 'USER_TOKEN_WRONG_AUDIENCE', options: async laptop => ({ userToken: await laptop.token({ resource: weatherAppId, scopes: ['Weather.Read'] }) }) },
  { what: 'the user’s token lacks access_as_user', code: 'USER_TOKEN_SCOPE_MISSING', options: async laptop => ({ userToken: await laptop.token({ scopes: ['something_else'] }) }) },
]

// biome-ignore format: table
const sidecar: readonly InducedFailure[] = [
  ...causes.sidecar,
  { what: 'a web page responds at SIDECAR_URL', code: 'SIDECAR_MISCONFIGURED', env: ({ portal }) => ({ SIDECAR_URL: portal.url }) },
  { what: 'the sidecar’s image is 1.0.0', code: 'SIDECAR_TOO_OPEN', env: { RUNNING_SIDECAR: sidecarImage('1.0.0') } },
  { what: 'the sidecar’s image is 1.1.1', code: 'SIDECAR_TOO_OPEN', warns: true, env: { RUNNING_SIDECAR: sidecarImage('1.1.1') } },
  { what: 'the sidecar is not run by Docker on this machine', code: 'NOT_CHECKED', warns: true, env: { RUNNING_SIDECAR: undefined } },
  { what: 'the sidecar’s image is :latest', code: 'NOT_CHECKED', warns: true, env: { RUNNING_SIDECAR: 'mcr.microsoft.com/entra-sdk/auth-sidecar:latest' } },
  { what: 'the sidecar takes any host name', code: 'SIDECAR_TOO_OPEN', warns: true, sidecar: { AllowedHosts: '*' } },
  { what: 'what listens at SIDECAR_URL never answers', hangs: true, code: 'SIDECAR_UNREACHABLE', env: ({ silent }) => ({ SIDECAR_URL: silent.url }) },
  ...causes.sidecarSettings,
  { what: 'the entry weatherApp asks for one scope instead of /.default', code: 'SIDECAR_MISCONFIGURED', sidecar: { DownstreamApis__weatherApp__Scopes__0: `api://${weatherAppId}/Weather.Read.All` } },
  { what: 'the sidecar is that of another blueprint', code: 'BLUEPRINT_CREDENTIAL_REJECTED', sidecar: { AzureAd__ClientId: weatherAppId } },
]

// biome-ignore format: table
const api: readonly InducedFailure[] = [
  { what: 'the API does not run', code: 'API_UNAVAILABLE', change: ({ stack }) => stack.stop('weather') },
  { what: 'the API never answers', hangs: true, code: 'API_UNAVAILABLE', env: ({ silent }) => ({ WEATHER_API_URL: silent.url }) },
  { what: 'WEATHER_API_URL has a path too many', code: 'API_UNAVAILABLE', env: ({ stack }) => ({ WEATHER_API_URL: `${stack.weatherUrl}/v2` }) },
  { what: 'WEATHER_API_URL is the sidecar’s', code: 'API_UNAVAILABLE', env: ({ stack }) => ({ WEATHER_API_URL: stack.sidecarUrl }) },
  { what: 'the API expects another audience', code: 'API_TOKEN_REJECTED', weather: { WEATHER_API_APP_ID: foreignId } },
  { what: 'the API’s TENANT_ID is of no tenant', code: 'API_UNAVAILABLE', weather: { TENANT_ID: foreignId } },
  { what: 'the API does not list the agent among its callers', code: 'API_FORBIDDEN', weather: { WEATHER_ALLOWED_CALLERS: pageAppId } },
  { what: 'the agent identity lacks the API’s app role', code: 'API_FORBIDDEN', change: ({ entra }) => { entra.directory.content.appRoleAssignments = [] } },
  { what: 'the API cannot fetch Entra’s keys', code: 'API_UNAVAILABLE', weather: { ENTRA_AUTHORITY: 'http://localhost:9' } },
  { what: 'the API asks another cloud’s Entra', code: 'API_UNAVAILABLE', weather: { ENTRA_AUTHORITY: 'https://login.entra.invalid' } },
  { what: 'the API’s deny list is missing', code: 'API_UNAVAILABLE', weather: { WEATHER_DENY_LIST: '/nonexistent/list.json' } },
  { what: 'the API’s weather source is out of reach', code: 'API_UNAVAILABLE', weather: { WEATHER_PROVIDER: 'open-meteo', OPEN_METEO_GEOCODING_URL: 'http://localhost:9' } },
  { what: 'the API’s app role has another name', code: 'API_FORBIDDEN', change: ({ entra }) => { for (const role of weatherApiOf(entra).appRoles) role.value = 'Weather.Look' } },
  { what: 'the API’s app role is disabled', code: 'API_FORBIDDEN', change: ({ entra }) => { for (const role of weatherApiOf(entra).appRoles) role.isEnabled = false } },
  { what: 'the API’s scope has another name', code: 'API_FORBIDDEN', change: ({ entra }) => { for (const scope of weatherApiOf(entra).api.oauth2PermissionScopes) scope.value = scope.value.replace('Weather.Read', 'Weather.Look') } },
  { what: 'the API looks at no signature', code: 'API_TOKEN_REJECTED', weather: { VALIDATE_TOKEN_SIGNATURE: 'false' } },
]

// biome-ignore format: table
const bedrockCredential: readonly InducedFailure[] = [
  { what: 'no AWS region is set', code: 'BEDROCK_NOT_CONFIGURED', warns: true, env: { AWS_REGION: undefined } },
  { what: 'half of a credential is set', code: 'BEDROCK_NOT_CONFIGURED', warns: true, env: { AWS_SECRET_ACCESS_KEY: undefined } },
  { what: 'a region is set, but there are no AWS credentials anywhere', code: 'BEDROCK_NOT_CONFIGURED', env: awsEnv({}) },
  { what: 'the session is over', code: 'BEDROCK_CREDENTIALS_EXPIRED', env: { AWS_ACCESS_KEY_ID: 'ASIAEXPIRED00EXAMPLE', AWS_SECRET_ACCESS_KEY: 'emulated-secret-access-key', AWS_SESSION_TOKEN: 'emulated-expired-session-token' } },
  { what: 'the session token of another session is set beside a long-lived key', code: 'BEDROCK_CREDENTIALS_INVALID', env: { AWS_SESSION_TOKEN: 'emulated-expired-session-token' } },
  { what: 'access key id and secret are swapped', code: 'BEDROCK_CREDENTIALS_INVALID', env: { AWS_ACCESS_KEY_ID: staticKeys.AWS_SECRET_ACCESS_KEY, AWS_SECRET_ACCESS_KEY: staticKeys.AWS_ACCESS_KEY_ID } },
  { what: 'AWS_PROFILE names no profile', code: 'BEDROCK_NOT_CONFIGURED', env: awsEnv({ AWS_PROFILE: 'nobody' }) },
  { what: 'the configuration of AWS is malformed', code: 'BEDROCK_NOT_CONFIGURED', env: withBrokenAwsConfig },
  { what: 'the session token is missing', code: 'BEDROCK_CREDENTIALS_INVALID', env: { AWS_ACCESS_KEY_ID: 'ASIAEXPIRED00EXAMPLE' } },
  { what: 'the secret access key is wrong', code: 'BEDROCK_CREDENTIALS_INVALID', env: { AWS_SECRET_ACCESS_KEY: 'wrong' } },
  { what: 'AWS does not know the access key', code: 'BEDROCK_CREDENTIALS_INVALID', env: { AWS_ACCESS_KEY_ID: 'AKIANOBODY000EXAMPLE' } },
  { what: 'the API key has expired', code: 'BEDROCK_CREDENTIALS_INVALID', env: { AWS_BEARER_TOKEN_BEDROCK: 'emulated-expired-api-key' } },
  { what: 'the API key has “Bearer” before it', code: 'BEDROCK_CREDENTIALS_INVALID', env: { AWS_BEARER_TOKEN_BEDROCK: 'Bearer emulated-api-key' } },
  { what: 'the API key is of another region', code: 'BEDROCK_CREDENTIALS_INVALID', env: { AWS_BEARER_TOKEN_BEDROCK: 'emulated-api-key-of-another-region' } },
  brokenBedrock({ kind: 'error', name: 'InvalidSignatureException', message: 'Signature expired: 20260101T000000Z' }, 'BEDROCK_CREDENTIALS_INVALID', 'the clock of this machine is not that of AWS'),
  badToken('the trust policy has another subject', { sub: 'system:serviceaccount:default:default' }),
  badToken('the token is for another audience', { aud: 'api://AzureADTokenExchange' }),
  badToken('IAM has no OIDC provider of this issuer', { iss: 'https://issuer.example/' }),
  badToken('the web identity token has expired', { lifetimeSeconds: -60 }, 'BEDROCK_CREDENTIALS_EXPIRED'),
  { what: 'AWS_ROLE_ARN is the role’s name', code: 'BEDROCK_CREDENTIALS_INVALID', env: laptop => ({ ...webIdentity(laptop), AWS_ROLE_ARN: 'entra-bedrock-agent' }), change: ({ cluster }) => cluster.project() },
  { what: 'the web identity token’s file is empty', code: 'BEDROCK_CREDENTIALS_INVALID', env: webIdentity, change: ({ cluster }) => writeFileSync(cluster.tokenFile, '') },
  { what: 'the web identity token’s file is missing', code: 'BEDROCK_CREDENTIALS_INVALID', env: webIdentity, change: ({ cluster }) => cluster.removeToken() },
  {
    what: 'STS cannot reach the cluster’s issuer',
    code: 'BEDROCK_UNAVAILABLE',
    env: webIdentity,
    change: async ({ cluster }) => {
      await cluster.project()
      cluster.hide()
    },
  },
  { what: 'STS is out of reach', code: 'BEDROCK_UNAVAILABLE', env: laptop => ({ ...webIdentity(laptop), AWS_ENDPOINT_URL_STS: 'http://127.0.0.1:9' }), change: ({ cluster }) => cluster.project() },
  { what: 'STS never answers', hangs: true, code: 'NO_ANSWER', env: laptop => ({ ...webIdentity(laptop), AWS_ENDPOINT_URL_STS: laptop.silent.url }), change: ({ cluster }) => cluster.project() },
  { what: 'the Pod Identity Agent is out of reach', code: 'BEDROCK_CREDENTIALS_INVALID', env: ({ cluster }) => awsEnv({ AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://127.0.0.1:9/v1/credentials', AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: cluster.tokenFile }), change: ({ cluster }) => cluster.project() },
]

const deniedBy = (policy: 'AKIANOPOLICY0EXAMPLE' | 'AKIAPROFILES0EXAMPLE', what: string): InducedFailure => ({
  what,
  code: 'BEDROCK_ACCESS_DENIED',
  env: { AWS_ACCESS_KEY_ID: policy, AWS_SECRET_ACCESS_KEY: 'emulated-secret-access-key' },
})
const account = (change: Readonly<Record<string, unknown>>, code: string, what: string): InducedFailure => ({
  what,
  code,
  change: ({ aws }) => aws.app.controls.settings.change({ models: { [model]: change } }),
})

const denyAll = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Deny', Action: 'bedrock:*', Resource: '*' }],
}

// biome-ignore format: table
const bedrockModel: readonly InducedFailure[] = [
  deniedBy('AKIANOPOLICY0EXAMPLE', 'the principal may not invoke models'),
  deniedBy('AKIAPROFILES0EXAMPLE', 'the policy has the profile, but not the models behind it'),
  { what: 'the API key’s principal may not use API keys', code: 'BEDROCK_ACCESS_DENIED', env: { AWS_BEARER_TOKEN_BEDROCK: 'emulated-api-key-without-policy' } },
  { what: 'a policy of the organisation denies it', code: 'BEDROCK_ACCESS_DENIED', change: ({ aws }) => aws.app.controls.settings.change({ policies: { 'arn:aws:iam::111122223333:user/agent': denyAll } }) },
  account({ access: 'no-use-case-form' }, 'BEDROCK_ACCESS_DENIED', 'the use case form was not submitted'),
  account({ access: 'no-subscription' }, 'BEDROCK_ACCESS_DENIED', 'the account has not subscribed'),
  account({ lifecycle: 'EOL' }, 'BEDROCK_MODEL_RETIRED', 'the model’s life is over'),
  account({ lifecycle: 'LEGACY' }, 'BEDROCK_MODEL_RETIRED', 'a legacy model was not used lately'),
  { what: 'BEDROCK_MODEL_ID is a model that was retired', code: 'BEDROCK_MODEL_RETIRED', env: { BEDROCK_MODEL_ID: 'eu.anthropic.claude-3-7-sonnet-20250219-v1:0' } },
  { what: 'BEDROCK_MODEL_ID is near its end', code: 'BEDROCK_MODEL_RETIRED', warns: true, env: { BEDROCK_MODEL_ID: 'eu.anthropic.claude-haiku-4-5-20251001-v1:0' } },
  { what: 'the profile’s geography is another than the region’s', code: 'BEDROCK_MODEL_INVALID', env: { BEDROCK_MODEL_ID: `us.${model}` } },
  { what: 'the model has no on-demand id', code: 'BEDROCK_MODEL_INVALID', env: { BEDROCK_MODEL_ID: model } },
  { what: 'nobody knows the model', code: 'BEDROCK_MODEL_INVALID', env: { BEDROCK_MODEL_ID: 'eu.anthropic.claude-imaginary' } },
  { what: 'the ARN is of another region', code: 'BEDROCK_MODEL_INVALID', env: { BEDROCK_MODEL_ID: `arn:aws:bedrock:us-east-1:111122223333:inference-profile/us.${model}` } },
  { what: 'BEDROCK_TEMPERATURE is set for a model that refuses it', code: 'BEDROCK_REQUEST_INVALID', env: { BEDROCK_TEMPERATURE: '0.2' } },
]

// biome-ignore format: table
const bedrockCall: readonly InducedFailure[] = [
  bedrockError('ValidationException', 'BEDROCK_REQUEST_INVALID', 'Bedrock finds the request invalid'),
  account({ contextTokens: 1 }, 'BEDROCK_INPUT_TOO_LONG', 'the input is longer than the model can read'),
  bedrockError('ThrottlingException', 'BEDROCK_THROTTLED', 'Bedrock throttles'),
  bedrockError('ServiceQuotaExceededException', 'BEDROCK_THROTTLED', 'a quota is used up'),
  bedrockError('ModelNotReadyException', 'BEDROCK_UNAVAILABLE', 'the model is not ready'),
  bedrockError('ModelTimeoutException', 'BEDROCK_UNAVAILABLE', 'the model takes too long'),
  bedrockError('ServiceUnavailableException', 'BEDROCK_UNAVAILABLE', 'Bedrock is down'),
  brokenBedrock({ kind: 'html', status: 502 }, 'BEDROCK_UNAVAILABLE', 'a proxy responds in Bedrock’s place'),
  { what: 'a web page responds at Bedrock’s endpoint', code: 'BEDROCK_UNAVAILABLE', env: ({ portal }) => ({ AWS_ENDPOINT_URL_BEDROCK_RUNTIME: portal.url }) },
  brokenBedrock({ kind: 'reset' }, 'BEDROCK_UNAVAILABLE', 'the connection to Bedrock breaks'),
  { what: 'Bedrock never answers', hangs: true, code: 'BEDROCK_UNAVAILABLE', env: ({ silent }) => ({ AWS_ENDPOINT_URL_BEDROCK_RUNTIME: silent.url }) },
  { what: 'Bedrock is out of reach', code: 'BEDROCK_UNAVAILABLE', env: { AWS_ENDPOINT_URL_BEDROCK_RUNTIME: 'http://127.0.0.1:9' } },
  { what: 'AWS_ENDPOINT_URL is left over', code: 'BEDROCK_UNAVAILABLE', env: { AWS_ENDPOINT_URL: 'http://127.0.0.1:9', AWS_ENDPOINT_URL_BEDROCK_RUNTIME: undefined } },
  brokenBedrock({ kind: 'cut', afterEvents: 1 }, 'BEDROCK_STREAM_BROKEN', 'the answer breaks off'),
]

/** All failures (mistakes of people, and faults of AWS), grouped by where to look for them. */
export const inducedFailures: readonly (readonly [where: string, failures: readonly InducedFailure[]])[] = [
  ['Configuration, names, clock', configuration],
  ['Sign-in', signIn],
  ['Sidecar', sidecar],
  ['The blueprint’s credential', causes.credential],
  ['Blueprint, agent identity, permissions', causes.agentIdentity],
  ['On behalf of a user', causes.onBehalfOf],
  ['As the agent’s own user account', causes.agentUser],
  ['The API', api],
  ['AWS credential', bedrockCredential],
  ['Model and access', bedrockModel],
  ['Calls of Bedrock', bedrockCall],
]
