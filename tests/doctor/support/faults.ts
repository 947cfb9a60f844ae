import type { FaultOrder as BedrockFault } from '../../../emulators/bedrock/src/control/faults.ts'
import type { FaultOrder as EntraFault } from '../../../emulators/entra/src/emulator/faults.ts'
import type { Entra } from '../../../emulators/entra/src/entra.ts'
import type { LaptopOptions } from '../../../scripts/doctor/laptop.ts'
import { identities } from '../../support/identities.ts'
import { type Laptop, roleArn, sidecarImage, type Variables } from './laptop.ts'

/** One thing made wrong, and the code by which the doctor has to name it. */
export interface InducedFailure {
  readonly what: string
  readonly code: string
  /** What Entra refused with. */
  readonly aadsts?: number
  /** Only a warning: it works, for now. */
  readonly warns?: true
  readonly env?: Variables | ((laptop: Laptop) => Variables)
  readonly sidecar?: Variables | ((laptop: Laptop) => Variables)
  readonly weather?: Variables
  readonly change?: (laptop: Laptop) => unknown
  readonly options?: (laptop: Laptop) => Promise<LaptopOptions> | LaptopOptions
}

const { agentId, blueprintAppId, weatherAppId, pageAppId, ada } = identities
const elsewhere = '12345678-0000-4000-8000-000000000000'
const model = 'anthropic.claude-haiku-5-5'

function found<Thing>(thing: Thing | undefined): Thing {
  if (thing === undefined) throw new Error('The seeded tenant lacks what this is about.')
  return thing
}

const blueprint = ({ entra }: Laptop) => found(entra.directory.application(blueprintAppId))
const principal = (entra: Entra, appId: string) => found(entra.directory.principal(appId))

function removePrincipal({ entra }: Laptop, appId: string): void {
  const { content } = entra.directory
  content.servicePrincipals = content.servicePrincipals.filter(one => one.appId !== appId)
}

function requireAssignment({ entra }: Laptop): void {
  principal(entra, weatherAppId).appRoleAssignmentRequired = true
  entra.directory.content.appRoleAssignments = []
}

/** Entra refuses one leg with a code, for reasons of its own. */
function refused(
  leg: 't1' | 'tr' | 'obo',
  aadsts: number,
  code: string,
  what: string,
  fault: Partial<EntraFault['fault']> = {},
): InducedFailure {
  const order = { target: { leg }, fault: { kind: 'refuse', code: aadsts, ...fault } } as EntraFault
  return { what, code, aadsts, change: ({ entra }) => entra.faults.order(order) }
}

function withoutCode({ aadsts: _aadsts, ...failure }: InducedFailure): InducedFailure {
  return failure
}

function brokenBedrock(fault: BedrockFault['fault'], code: string, what: string): InducedFailure {
  return { what, code, change: ({ aws }) => aws.break(fault) }
}

function bedrockError(name: string, code: string, what: string): InducedFailure {
  return brokenBedrock({ kind: 'error', name } as BedrockFault['fault'], code, what)
}

const aws = (values: Variables): Variables => ({
  AWS_ACCESS_KEY_ID: undefined,
  AWS_SECRET_ACCESS_KEY: undefined,
  ...values,
})

const projectedToken = ({ cluster }: Laptop): Variables => ({
  AzureAd__ClientCredentials__0__SourceType: 'SignedAssertionFilePath',
  AzureAd__ClientCredentials__0__ClientSecret: undefined,
  AzureAd__ClientCredentials__0__SignedAssertionFileDiskPath: cluster.tokenFile,
})

type Projected = Parameters<Laptop['cluster']['project']>[0]

/** The sidecar authenticates by the pod's token, and the token does not fit. */
function misfederated(aadsts: number, what: string, claims: Projected): InducedFailure {
  return {
    what,
    code: 'FEDERATION_MISMATCH',
    aadsts,
    sidecar: projectedToken,
    change: ({ cluster }) => cluster.project({ aud: 'api://AzureADTokenExchange', ...claims }),
  }
}

const webIdentity = ({ cluster }: Laptop): Variables =>
  aws({ AWS_ROLE_ARN: roleArn, AWS_WEB_IDENTITY_TOKEN_FILE: cluster.tokenFile })

/** The agent authenticates to AWS by the pod's token, and the token does not fit. */
function mistrusted(what: string, claims: Projected, code = 'BEDROCK_CREDENTIALS_INVALID'): InducedFailure {
  return { what, code, env: webIdentity, change: ({ cluster }) => cluster.project(claims) }
}

// biome-ignore format: table
const configuration: readonly InducedFailure[] = [
  { what: 'an id is missing and another is none', code: 'CONFIGURATION_INVALID', env: { AGENT_CLIENT_ID: undefined, WEATHER_API_APP_ID: 'weather' } },
  { what: 'the blueprint’s id stands where the agent identity’s belongs', code: 'CONFIGURATION_INVALID', env: { AGENT_CLIENT_ID: blueprintAppId } },
  { what: 'tokens would travel by plain http', code: 'CONFIGURATION_INVALID', env: { SIDECAR_URL: 'http://sidecar.example:5000' } },
  { what: 'the blueprint’s secret is in .env', code: 'SECRET_STORED', warns: true, env: { BLUEPRINT_CLIENT_SECRET: 'a secret' } },
  { what: 'a host name is misspelt', code: 'NAME_NOT_RESOLVED', env: { WEATHER_API_URL: 'http://weather-api.invalid:8080' } },
  { what: 'Entra is out of reach', code: 'ENTRA_UNAVAILABLE', env: { ENTRA_AUTHORITY: 'http://localhost:9' } },
  { what: 'TENANT_ID is of no tenant', code: 'ENTRA_REFUSED', env: { TENANT_ID: elsewhere } },
  { what: 'the clock is 17 minutes off', code: 'CLOCK_WRONG', change: ({ entra }) => entra.settings.change({ clockOffsetSeconds: 1_000 }) },
  { what: 'the clock is two minutes off', code: 'CLOCK_WRONG', warns: true, change: ({ entra }) => entra.settings.change({ clockOffsetSeconds: 120 }) },
]

// biome-ignore format: table
const signIn: readonly InducedFailure[] = [
  { what: 'no application is set up for sign-in', code: 'SIGN_IN_NOT_CONFIGURED', warns: true, env: { CLIENT_SPA_APP_ID: undefined } },
  { what: 'the page is at http://agent.example:3001 (MSAL: pkce_not_created)', code: 'PAGE_ORIGIN_INSECURE', options: () => ({ page: 'http://agent.example:3001' }) },
  { what: 'the page’s redirect URI is not registered (AADSTS50011)', code: 'REDIRECT_URI_NOT_REGISTERED', options: () => ({ page: 'https://agent.example' }) },
  { what: 'CLIENT_SPA_APP_ID is of no application', code: 'CONFIGURATION_INVALID', env: { CLIENT_SPA_APP_ID: elsewhere }, options: () => ({ userToken: undefined }) },
  { what: 'the blueprint has no scope access_as_user', code: 'ENTRA_REFUSED', change: laptop => { blueprint(laptop).api.oauth2PermissionScopes = [] } },
  { what: 'the user’s token is no JWT', code: 'USER_TOKEN_INVALID', options: () => ({ userToken: 'a-password' }) },
  { what: 'the user’s token has expired', code: 'USER_TOKEN_EXPIRED', options: async laptop => ({ userToken: await laptop.token({ lifetimeSeconds: -60 }) }) },
  {
    what: 'the user’s token is for Microsoft Graph or another application',
    code: 'USER_TOKEN_WRONG_AUDIENCE',
    options: async laptop => ({
      userToken: await laptop.token({ resource: weatherAppId, scopes: ['Weather.Read'] }),
    }),
  },
  { what: 'the user’s token lacks access_as_user', code: 'USER_TOKEN_SCOPE_MISSING', options: async laptop => ({ userToken: await laptop.token({ scopes: ['something_else'] }) }) },
]

// biome-ignore format: table
const sidecar: readonly InducedFailure[] = [
  { what: 'the sidecar does not run', code: 'SIDECAR_UNREACHABLE', change: ({ stack }) => stack.stop('sidecar') },
  { what: 'the sidecar has no tenant', code: 'SIDECAR_MISCONFIGURED', sidecar: { AzureAd__TenantId: undefined } },
  { what: 'the sidecar’s image is 1.0.0', code: 'SIDECAR_TOO_OPEN', env: { RUNNING_SIDECAR: sidecarImage('1.0.0') } },
  { what: 'the sidecar’s image is 1.1.1', code: 'SIDECAR_TOO_OPEN', warns: true, env: { RUNNING_SIDECAR: sidecarImage('1.1.1') } },
  { what: 'the sidecar is not run by Docker on this machine', code: 'NOT_CHECKED', warns: true, env: { RUNNING_SIDECAR: undefined } },
  { what: 'the sidecar takes any host name', code: 'SIDECAR_TOO_OPEN', warns: true, sidecar: { AllowedHosts: '*' } },
  { what: 'the sidecar cannot reach Entra', code: 'SIDECAR_FAILED', sidecar: { AzureAd__Instance: 'http://localhost:9/' } },
  { what: 'the sidecar’s entry weatherApp has no scope', code: 'SIDECAR_MISCONFIGURED', sidecar: { DownstreamApis__weatherApp__Scopes__0: undefined } },
  { what: 'the sidecar’s entry weather has no scope', code: 'SIDECAR_MISCONFIGURED', sidecar: { DownstreamApis__weather__Scopes__0: undefined } },
  { what: 'the entry weatherApp lacks RequestAppToken', code: 'SIDECAR_MISCONFIGURED', sidecar: { DownstreamApis__weatherApp__RequestAppToken: 'false' } },
  { what: 'the entry weather has RequestAppToken', code: 'TOKEN_FLOW_MISMATCH', sidecar: { DownstreamApis__weather__RequestAppToken: 'true' } },
  {
    what: 'the override gate of the autonomous route is shut',
    code: 'AGENT_IDENTITY_NOT_HONOURED',
    aadsts: 82001,
    sidecar: { Sidecar__AllowOverrides__GetAuthorizationHeaderUnauthenticated: undefined },
  },
  { what: 'the override gate of the on-behalf-of route is shut', code: 'AGENT_IDENTITY_NOT_HONOURED', sidecar: { Sidecar__AllowOverrides__GetAuthorizationHeader: 'false' } },
  { what: 'the sidecar asks for a token of another API', code: 'SIDECAR_MISCONFIGURED', env: { WEATHER_API_APP_ID: elsewhere } },
  { what: 'the blueprint’s certificate is not where the sidecar looks', code: 'SIDECAR_FAILED', sidecar: { AzureAd__ClientCredentials__0__SourceType: 'StoreWithThumbprint' } },
]

// biome-ignore format: table
const credential: readonly InducedFailure[] = [
  {
    what: 'the blueprint’s secret is wrong, or is the secret’s id',
    code: 'BLUEPRINT_CREDENTIAL_REJECTED',
    aadsts: 7000215,
    sidecar: { AzureAd__ClientCredentials__0__ClientSecret: 'the id of the secret' },
  },
  {
    what: 'the blueprint’s secret has expired',
    code: 'BLUEPRINT_CREDENTIAL_REJECTED',
    aadsts: 7000222,
    change: laptop => {
      const application = blueprint(laptop)
      application.passwordCredentials = application.passwordCredentials.map(one => ({
        ...one,
        endDateTime: '2020-01-01T00:00:00Z',
      }))
    },
  },
  refused('t1', 7000218, 'BLUEPRINT_CREDENTIAL_REJECTED', 'the sidecar sends no credential'),
  { what: 'the projected token’s file was missing when the sidecar first looked', code: 'SIDECAR_FAILED', sidecar: projectedToken, change: ({ cluster }) => cluster.removeToken() },
  misfederated(700211, 'the federated credential has another issuer (often the slash at its end)', { iss: 'https://issuer.example/' }),
  misfederated(700213, 'the federated credential has another subject', { sub: 'system:serviceaccount:default:default' }),
  misfederated(700212, 'the sidecar got the token that is meant for AWS', { aud: 'sts.amazonaws.com' }),
  misfederated(700024, 'the pod’s token has expired', { lifetimeSeconds: -60 }),
  {
    what: 'the blueprint has no federated credential',
    code: 'FEDERATION_MISMATCH',
    aadsts: 70021,
    sidecar: projectedToken,
    change: async laptop => {
      await laptop.cluster.project({ aud: 'api://AzureADTokenExchange' })
      blueprint(laptop).federatedIdentityCredentials.splice(0)
    },
  },
  refused('t1', 700222, 'FEDERATION_MISMATCH', 'the federated credential names Entra as its issuer'),
  refused('t1', 700231, 'FEDERATION_MISMATCH', 'a federated managed identity stands between pod and blueprint'),
  refused('t1', 700023, 'FEDERATION_MISMATCH', 'the assertion is for another audience'),
  refused('t1', 50166, 'FEDERATION_MISMATCH', 'Entra cannot read the issuer’s keys'),
  refused('t1', 700027, 'FEDERATION_MISMATCH', 'the key of the assertion is not registered'),
  refused('t1', 7000272, 'FEDERATION_MISMATCH', 'the issuer does not publish the key of the pod’s token'),
  refused('t1', 7000274, 'FEDERATION_MISMATCH', 'the signature of the pod’s token is wrong'),
]

// biome-ignore format: table
const agentIdentity: readonly InducedFailure[] = [
  { what: 'the sidecar names another tenant', code: 'SIDECAR_MISCONFIGURED', aadsts: 90002, sidecar: { AzureAd__TenantId: elsewhere } },
  { what: 'the blueprint has no principal in the tenant', code: 'SIDECAR_MISCONFIGURED', aadsts: 700016, change: laptop => removePrincipal(laptop, blueprintAppId) },
  { what: 'the blueprint is disabled', code: 'SIDECAR_MISCONFIGURED', aadsts: 7000112, change: ({ entra }) => { principal(entra, blueprintAppId).accountEnabled = false } },
  { what: 'AGENT_CLIENT_ID is of no agent identity', code: 'AGENT_NOT_PERMITTED', aadsts: 700016, change: laptop => removePrincipal(laptop, agentId) },
  { what: 'the agent identity is disabled', code: 'AGENT_NOT_PERMITTED', aadsts: 7000112, change: ({ entra }) => { principal(entra, agentId).accountEnabled = false } },
  { what: 'the sidecar’s client id is the agent identity’s', code: 'SIDECAR_MISCONFIGURED', aadsts: 82001, sidecar: { AzureAd__ClientId: agentId } },
  refused('t1', 82008, 'SIDECAR_MISCONFIGURED', 'the request for T1 names no agent (fmi_path)'),
  refused('t1', 70066, 'SIDECAR_MISCONFIGURED', 'the request for T1 asks for an API'),
  refused('tr', 7002111, 'SIDECAR_MISCONFIGURED', 'the blueprint’s id is used as the agent’s'),
  { what: 'the API has no identifier URI', code: 'SIDECAR_MISCONFIGURED', aadsts: 500011, change: ({ entra }) => { found(entra.directory.application(weatherAppId)).identifierUris = [] } },
  { what: 'the sidecar’s scope is not /.default', code: 'SIDECAR_MISCONFIGURED', aadsts: 70011, sidecar: { DownstreamApis__weather__Scopes__1: `api://${weatherAppId}/Weather.Read` } },
  {
    what: 'the sidecar asks for two APIs at once',
    code: 'SIDECAR_MISCONFIGURED',
    aadsts: 28000,
    sidecar: {
      DownstreamApis__weather__Scopes__0: `api://${weatherAppId}/Weather.Read`,
      DownstreamApis__weather__Scopes__1: 'https://graph.microsoft.com/User.Read',
    },
  },
  refused('obo', 650053, 'SIDECAR_MISCONFIGURED', 'the API has no such scope'),
  { what: 'the API demands an assignment, and the agent has none', code: 'AGENT_NOT_PERMITTED', aadsts: 501051, change: requireAssignment },
  refused('obo', 50105, 'AGENT_NOT_PERMITTED', 'the API demands an assignment, and the user has none'),
  refused('tr', 53003, 'CONDITIONAL_ACCESS_REQUIRED', 'Conditional Access stops the agent identity'),
  refused('tr', 90055, 'ENTRA_UNAVAILABLE', 'Entra throttles'),
  // No code of these reaches the agent through the sidecar.
  withoutCode(refused('tr', 90033, 'ENTRA_UNAVAILABLE', 'Entra is busy (AADSTS90033)')),
  withoutCode(refused('tr', 50196, 'ENTRA_UNAVAILABLE', 'Entra saw the same request too often (AADSTS50196)')),
  refused('tr', 900144, 'ENTRA_REFUSED', 'Entra refuses for a reason that nobody has met yet'),
]

const onBehalfOf: readonly InducedFailure[] = [
  {
    what: 'nobody consented to the agent acting for users',
    code: 'CONSENT_REQUIRED',
    aadsts: 65001,
    change: ({ entra }) => {
      const { content } = entra.directory
      content.permissionGrants = content.permissionGrants.filter(grant => grant.clientId !== agentId)
    },
  },
  refused('obo', 650051, 'CONSENT_REQUIRED', 'a consent was given in part'),
  refused('obo', 82014, 'CONSENT_REQUIRED', 'a user was asked to consent to an agent identity'),
  refused('obo', 50013, 'USER_TOKEN_INVALID', 'Entra does not accept the user’s token'),
  refused('obo', 500131, 'USER_TOKEN_WRONG_AUDIENCE', 'the user’s token is not for the blueprint'),
  refused('obo', 500133, 'USER_TOKEN_EXPIRED', 'the user’s token has expired by Entra’s clock'),
  refused('obo', 7000114, 'USER_TOKEN_INVALID', 'the token is an application’s'),
  {
    what: 'the user’s account is gone',
    code: 'USER_TOKEN_INVALID',
    aadsts: 50034,
    change: ({ entra }) => {
      const { content } = entra.directory
      content.users = content.users.filter(user => user.id !== ada.oid)
    },
  },
  refused('obo', 50076, 'CONDITIONAL_ACCESS_REQUIRED', 'the user needs multifactor authentication'),
  refused('obo', 50079, 'CONDITIONAL_ACCESS_REQUIRED', 'the user has to enrol in it'),
  refused('obo', 50158, 'CONDITIONAL_ACCESS_REQUIRED', 'an external challenge is not met'),
  refused('obo', 53003, 'CONDITIONAL_ACCESS_REQUIRED', 'Conditional Access blocks the user'),
]

// biome-ignore format: table
const api: readonly InducedFailure[] = [
  { what: 'the API does not run', code: 'API_UNAVAILABLE', change: ({ stack }) => stack.stop('weather') },
  { what: 'the API expects another audience', code: 'API_TOKEN_REJECTED', weather: { WEATHER_API_APP_ID: elsewhere } },
  { what: 'the API’s TENANT_ID is of no tenant', code: 'API_UNAVAILABLE', weather: { TENANT_ID: elsewhere } },
  { what: 'the API does not list the agent among its callers', code: 'API_FORBIDDEN', weather: { WEATHER_ALLOWED_CALLERS: pageAppId } },
  { what: 'the agent identity lacks the API’s app role', code: 'API_FORBIDDEN', change: ({ entra }) => { entra.directory.content.appRoleAssignments = [] } },
  { what: 'the API cannot fetch Entra’s keys', code: 'API_UNAVAILABLE', weather: { ENTRA_AUTHORITY: 'http://localhost:9' } },
  { what: 'the API looks at no signature', code: 'API_TOKEN_REJECTED', weather: { VALIDATE_TOKEN_SIGNATURE: 'false' } },
]

// biome-ignore format: table
const bedrockCredential: readonly InducedFailure[] = [
  { what: 'no AWS region is set', code: 'BEDROCK_NOT_CONFIGURED', warns: true, env: { AWS_REGION: undefined } },
  { what: 'half of a credential is set', code: 'BEDROCK_NOT_CONFIGURED', warns: true, env: { AWS_SECRET_ACCESS_KEY: undefined } },
  { what: 'a region is set, but there are no AWS credentials anywhere', code: 'BEDROCK_NOT_CONFIGURED', env: aws({}) },
  {
    what: 'the session is over',
    code: 'BEDROCK_CREDENTIALS_EXPIRED',
    env: {
      AWS_ACCESS_KEY_ID: 'ASIAEXPIRED00EXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'emulated-secret-access-key',
      AWS_SESSION_TOKEN: 'emulated-expired-session-token',
    },
  },
  { what: 'the session token is missing', code: 'BEDROCK_CREDENTIALS_INVALID', env: { AWS_ACCESS_KEY_ID: 'ASIAEXPIRED00EXAMPLE' } },
  { what: 'the secret access key is wrong', code: 'BEDROCK_CREDENTIALS_INVALID', env: { AWS_SECRET_ACCESS_KEY: 'wrong' } },
  { what: 'AWS does not know the access key', code: 'BEDROCK_CREDENTIALS_INVALID', env: { AWS_ACCESS_KEY_ID: 'AKIANOBODY000EXAMPLE' } },
  { what: 'the API key has expired', code: 'BEDROCK_CREDENTIALS_INVALID', env: { AWS_BEARER_TOKEN_BEDROCK: 'emulated-expired-api-key' } },
  { what: 'the API key is of another region', code: 'BEDROCK_CREDENTIALS_INVALID', env: { AWS_BEARER_TOKEN_BEDROCK: 'emulated-api-key-of-another-region' } },
  brokenBedrock({ kind: 'error', name: 'InvalidSignatureException', message: 'Signature expired: 20260101T000000Z' }, 'BEDROCK_CREDENTIALS_INVALID', 'the clock of this machine is not that of AWS'),
  mistrusted('the trust policy has another subject', { sub: 'system:serviceaccount:default:default' }),
  mistrusted('the token is for another audience', { aud: 'api://AzureADTokenExchange' }),
  mistrusted('IAM has no OIDC provider of this issuer', { iss: 'https://issuer.example/' }),
  mistrusted('the web identity token has expired', { lifetimeSeconds: -60 }, 'BEDROCK_CREDENTIALS_EXPIRED'),
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
  {
    what: 'the Pod Identity Agent is out of reach',
    code: 'BEDROCK_CREDENTIALS_INVALID',
    env: ({ cluster }) =>
      aws({
        AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://127.0.0.1:9/v1/credentials',
        AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: cluster.tokenFile,
      }),
    change: ({ cluster }) => cluster.project(),
  },
]

const denied = (policy: 'AKIANOPOLICY0EXAMPLE' | 'AKIAPROFILES0EXAMPLE', what: string): InducedFailure => ({
  what,
  code: 'BEDROCK_ACCESS_DENIED',
  env: { AWS_ACCESS_KEY_ID: policy, AWS_SECRET_ACCESS_KEY: 'emulated-secret-access-key' },
})
const account = (change: Readonly<Record<string, unknown>>, code: string, what: string): InducedFailure => ({
  what,
  code,
  change: ({ aws }) => aws.app.controls.settings.change({ models: { [model]: change } }),
})

// biome-ignore format: table
const bedrockModel: readonly InducedFailure[] = [
  denied('AKIANOPOLICY0EXAMPLE', 'the principal may not invoke models'),
  denied('AKIAPROFILES0EXAMPLE', 'the policy has the profile, but not the models behind it'),
  { what: 'the API key’s principal may not use API keys', code: 'BEDROCK_ACCESS_DENIED', env: { AWS_BEARER_TOKEN_BEDROCK: 'emulated-api-key-without-policy' } },
  {
    what: 'a policy of the organisation denies it',
    code: 'BEDROCK_ACCESS_DENIED',
    change: ({ aws }) =>
      aws.app.controls.settings.change({
        policies: {
          'arn:aws:iam::111122223333:user/agent': {
            Version: '2012-10-17',
            Statement: [{ Effect: 'Deny', Action: 'bedrock:*', Resource: '*' }],
          },
        },
      }),
  },
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

const bedrockCall: readonly InducedFailure[] = [
  bedrockError('ValidationException', 'BEDROCK_REQUEST_INVALID', 'Bedrock finds the request invalid'),
  account({ contextTokens: 1 }, 'BEDROCK_INPUT_TOO_LONG', 'the input is longer than the model can read'),
  bedrockError('ThrottlingException', 'BEDROCK_THROTTLED', 'Bedrock throttles'),
  bedrockError('ServiceQuotaExceededException', 'BEDROCK_THROTTLED', 'a quota is used up'),
  bedrockError('ModelNotReadyException', 'BEDROCK_UNAVAILABLE', 'the model is not ready'),
  bedrockError('ModelTimeoutException', 'BEDROCK_UNAVAILABLE', 'the model takes too long'),
  bedrockError('ServiceUnavailableException', 'BEDROCK_UNAVAILABLE', 'Bedrock is down'),
  brokenBedrock({ kind: 'html', status: 502 }, 'BEDROCK_UNAVAILABLE', 'a proxy responds in Bedrock’s place'),
  brokenBedrock({ kind: 'reset' }, 'BEDROCK_UNAVAILABLE', 'the connection to Bedrock breaks'),
  {
    what: 'Bedrock is out of reach',
    code: 'BEDROCK_UNAVAILABLE',
    env: { AWS_ENDPOINT_URL_BEDROCK_RUNTIME: 'http://127.0.0.1:9' },
  },
  brokenBedrock({ kind: 'cut', afterEvents: 1 }, 'BEDROCK_STREAM_BROKEN', 'the answer breaks off'),
]

/** Everything that goes wrong by somebody’s hand, or in Amazon’s house, by where one would look. */
export const inducedFailures: readonly (readonly [where: string, failures: readonly InducedFailure[]])[] = [
  ['Configuration, names, clock', configuration],
  ['Sign-in', signIn],
  ['Sidecar', sidecar],
  ['The blueprint’s credential', credential],
  ['Blueprint, agent identity, permissions', agentIdentity],
  ['On behalf of a user', onBehalfOf],
  ['The API', api],
  ['AWS credential', bedrockCredential],
  ['Model and access', bedrockModel],
  ['Calls of Bedrock', bedrockCall],
]
