import { randomBytes } from 'node:crypto'
import { resolve } from 'node:path'
import { readConfig as readAgentConfig } from '@entra-agents/agent/config'
import { sidecarEntries, sidecarSettings } from '@entra-agents/agentctl/sidecar-entries'
import { apisOf } from '@entra-agents/approval'
import { tenant } from '@entra-agents/demo-tenant'
import { type AgentIdentity, variablePrefix } from '@entra-agents/identity'
import { readEnvironment, type Variables } from '@entra-agents/service-kit'
import { readConfig as readEntraConfig } from '../../emulators/entra/src/config.ts'
import { alertsFile, writeMcpConfig } from './files.ts'
import { variablesForPart, variablesOfApi } from './variables.ts'

export interface DemoProcess {
  readonly name: string
  readonly main: string
  readonly port: number
  /** The variable that sets the port. */
  readonly variable: string
  /** The port of metrics, and the variable that sets it. */
  readonly metrics?: { readonly port: number; readonly variable: string }
  /** Responds with 200 when the process is ready. */
  readonly healthUrl: string
  readonly env: Readonly<Record<string, string>>
}

/**
 * Ids and secret of the demo's applications, by the names of the services' variables. They exist in the emulator of Entra
 * only.
 */
function demoIdentities() {
  return {
    TENANT_ID: tenant.tenantId,
    BLUEPRINT_APP_ID: tenant.blueprint.appId,
    // New at every start; only the emulators of Entra and the sidecar get it.
    BLUEPRINT_CLIENT_SECRET: randomBytes(24).toString('base64url'),
    AGENT_CLIENT_ID: tenant.agents.weather.id,
    WEATHER_API_APP_ID: tenant.apis['weather-api'].appId,
    CLIENT_SPA_APP_ID: tenant.page.appId,
  }
}

const agentsFile = resolve(import.meta.dirname, 'agents.json')

/** The authentication context for which the emulated tenant has a policy. */
const alertsContext = 'c1'

/** Variables that mean that the user wants to use an AWS account. */
const awsCredentials = ['AWS_ACCESS_KEY_ID', 'AWS_BEARER_TOKEN_BEDROCK', 'AWS_ROLE_ARN', 'AWS_PROFILE']

/** The variable because of which the demo calls the real Bedrock; `undefined` if it uses the emulator. */
export function realBedrockVariable(variables: Variables): string | undefined {
  return awsCredentials.find(name => variables[name])
}

/**
 * The processes of the demo; the agent is the last.
 *
 * @throws {ConfigurationError} for invalid ports, and for faults in the user's files and the agent's settings
 */
export function describeProcesses(
  variables: Variables,
  identities = demoIdentities(),
): readonly DemoProcess[] {
  const ports = readPorts(variables)
  const urls = {
    entra: `http://localhost:${ports.entra}`,
    bedrock: `http://localhost:${ports.bedrock}`,
    sidecar: `http://localhost:${ports.sidecar}`,
    weather: `http://localhost:${ports.weather}`,
    agent: `http://localhost:${ports.agent}`,
  }
  const { BLUEPRINT_CLIENT_SECRET, ...ids } = identities
  const shared = {
    ...variablesForPart(variables, 'everyone'),
    ...ids,
    HOST: 'localhost',
    LOG_LEVEL: variables['LOG_LEVEL'] || 'info',
  }
  // The listen address of the processes that browsers call.
  const HOST = variables['HOST'] || shared.HOST
  const bedrock = makeBedrockKeys()
  const usesRealBedrock = realBedrockVariable(variables) !== undefined
  const entraEnv = {
    ...shared,
    ...variablesForPart(variables, 'entra'),
    HOST,
    PORT: String(ports.entra),
    PUBLIC_URL: urls.entra,
    BLUEPRINT_CLIENT_SECRET,
    ...(variables['PUBLIC_URL'] ? { WEATHER_API_PUBLIC_URL: variables['PUBLIC_URL'] } : {}),
    SPA_REDIRECT_URI: `${urls.agent}/auth/redirect.html`,
  }
  const agentEnv = {
    WEATHER_API_ALERTS: 'true',
    ALERTS_AUTH_CONTEXT: alertsContext,
    ...ownAgentsConfig(identities.AGENT_CLIENT_ID),
    ...ownMcpConfig(variables, urls.weather, identities.WEATHER_API_APP_ID),
    ...toolSettings(variables, entraEnv),
    ...shared,
    ...variablesForPart(variables, 'agent'),
    ...(usesRealBedrock ? variablesForPart(variables, 'realBedrock') : bedrock.client(urls.bedrock)),
    HOST,
    PORT: String(ports.agent),
    METRICS_PORT: String(ports.metrics),
    SIDECAR_URL: urls.sidecar,
    WEATHER_API_URL: urls.weather,
    ENTRA_AUTHORITY: urls.entra,
    BLUEPRINT_CREDENTIAL: 'secret',
    // The redirect URI that the emulated blueprint has.
    CONSENT_REDIRECT_URI: `${urls.agent}/auth/consent.html`,
    EMULATED: usesRealBedrock ? 'entra,auth-sidecar' : 'entra,auth-sidecar,bedrock',
  }
  const { toolsets, mcpServers, agents } = readAgentConfig(agentEnv)
  const apis = [...toolsets.flatMap(apisOf), ...mcpServers.map(({ api }) => api)]
  const agentIds = agents.map(({ clientId }) => clientId).join(',')

  return [
    {
      name: 'entra',
      main: mainFileOf('emulators/entra'),
      port: ports.entra,
      variable: 'ENTRA_PORT',
      healthUrl: `${urls.entra}/${identities.TENANT_ID}/v2.0/.well-known/openid-configuration`,
      env: entraEnv,
    },
    {
      name: 'sidecar',
      main: mainFileOf('emulators/auth-sidecar'),
      port: ports.sidecar,
      variable: 'SIDECAR_PORT',
      healthUrl: `${urls.sidecar}/healthz`,
      env: {
        ...shared,
        ...sidecarEntries(apis),
        ...variablesForPart(variables, 'sidecar'),
        ...sidecarSettings({
          url: urls.sidecar,
          authority: urls.entra,
          tenantId: identities.TENANT_ID,
          blueprintAppId: identities.BLUEPRINT_APP_ID,
          clientSecret: identities.BLUEPRINT_CLIENT_SECRET,
        }),
      },
    },
    {
      name: 'weather-api',
      main: mainFileOf('services/weather-api'),
      port: ports.weather,
      variable: 'WEATHER_API_PORT',
      healthUrl: `${urls.weather}/readyz`,
      env: {
        WEATHER_PROVIDER: 'auto',
        ALERTS_FILE: alertsFile(ports.weather),
        ALERTS_AUTH_CONTEXT: alertsContext,
        ...shared,
        ...variablesForPart(variables, 'weatherApi'),
        AGENT_CLIENT_ID: agentIds,
        AGENT_USERS: listAgentUsers(agents),
        // The demo's own agents and the callers that the user lists.
        WEATHER_ALLOWED_CALLERS: [agentIds, variables['WEATHER_ALLOWED_CALLERS']].filter(Boolean).join(','),
        PORT: String(ports.weather),
        ENTRA_AUTHORITY: urls.entra,
      },
    },
    ...(usesRealBedrock
      ? []
      : [
          {
            name: 'bedrock',
            main: mainFileOf('emulators/bedrock'),
            port: ports.bedrock,
            variable: 'BEDROCK_PORT',
            healthUrl: `${urls.bedrock}/emulator/health`,
            // The emulator writes about as fast as a real model, so that streaming can be seen.
            env: {
              ...shared,
              ...bedrock.emulator,
              PORT: String(ports.bedrock),
              EMULATOR_FIRST_TOKEN_MS: '250',
              EMULATOR_TOKEN_DELAY_MS: '15',
            },
          },
        ]),
    {
      name: 'agent',
      main: mainFileOf('services/agent'),
      port: ports.agent,
      variable: 'PORT',
      metrics: { port: ports.metrics, variable: 'METRICS_PORT' },
      healthUrl: `${urls.agent}/readyz`,
      env: agentEnv,
    },
  ]
}

/** The setting for the demo's own agents; empty if the user set another agent identity. */
function ownAgentsConfig(agentId: string): Record<string, string> {
  return agentId === tenant.agents.weather.id ? { AGENTS_CONFIG: agentsFile } : {}
}

/** The demo's own MCP server, unless the user configures others. */
function ownMcpConfig({ MCP_CONFIG }: Variables, weatherUrl: string, appId: string): Record<string, string> {
  return MCP_CONFIG ? {} : { MCP_CONFIG: writeMcpConfig(weatherUrl, appId) }
}

/** The agent's variables for the APIs that the user registered: each API's app id, and all variables with its prefix. */
function toolSettings(variables: Variables, entraEnv: Variables): Record<string, string> {
  const settings = [...readEntraConfig(entraEnv).registrations.apis].map(([name, { appId }]) => {
    const prefix = variablePrefix(name)
    return { ...variablesOfApi(variables, prefix), [`${prefix}_APP_ID`]: appId }
  })
  return Object.assign({}, ...settings)
}

/** The agents' own user accounts, each with its agent. */
function listAgentUsers(agents: readonly AgentIdentity[]): string {
  return agents
    .flatMap(({ clientId, agentUserId }) => (agentUserId === undefined ? [] : [`${clientId}=${agentUserId}`]))
    .join(',')
}

function mainFileOf(workspace: string): string {
  return resolve(import.meta.dirname, '../..', workspace, 'src/main.ts')
}

function readPorts(variables: Variables) {
  return readEnvironment(variables, env => ({
    entra: env.port('ENTRA_PORT', 7001),
    bedrock: env.port('BEDROCK_PORT', 7002),
    sidecar: env.port('SIDECAR_PORT', 5000),
    weather: env.port('WEATHER_API_PORT', 8080),
    agent: env.port('PORT', 3001),
    metrics: env.port('METRICS_PORT', 9464),
  }))
}

/** New access keys for the emulator of Bedrock, at every start. */
function makeBedrockKeys() {
  const accessKeyId = `ASIA${randomBytes(8).toString('hex').toUpperCase()}`
  const secretAccessKey = randomBytes(30).toString('base64')
  const sessionToken = randomBytes(48).toString('base64')
  return {
    emulator: {
      EMULATOR_ACCESS_KEY_ID: accessKeyId,
      EMULATOR_SECRET_ACCESS_KEY: secretAccessKey,
      EMULATOR_SESSION_TOKEN: sessionToken,
    },
    client: (url: string) => ({
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_SESSION_TOKEN: sessionToken,
      AWS_ENDPOINT_URL_BEDROCK_RUNTIME: url,
      AWS_ENDPOINT_URL_STS: url,
    }),
  }
}
