/** The example's part of the demo: the weather API, its agents, and its MCP server. */
import { resolve } from 'node:path'
import type { AgentIdentity } from '@entra-agents/identity/core'
import type { EnvironmentReader, Variables } from '@entra-agents/service-kit'
import { flowNames } from '@entra-agents/trace'
import seed from '../../emulators/entra/src/seed/demo.json' with { type: 'json' }
import { fileOfDemo, writeSettings } from './files.ts'
import type { DemoOfExample, Example } from './process.ts'
import { telemetryNames, variablesNamed } from './variables.ts'

const { 'weather-agent': weatherAgent } = seed.blueprints.weather.agents

const agentsFile = resolve(import.meta.dirname, 'weather-agents.json')

/** The authentication context for which the emulated tenant has a policy. */
const alertsContext = 'c1'

const apiVariables = `${telemetryNames}|OPEN_METEO_.+|ALERTS_(FILE|AUTH_CONTEXT)|WEATHER_(DENY_LIST|PROVIDER|REQUIRE_AGENT_MARKER)|PUBLIC_URL|VALIDATE_TOKEN_SIGNATURE`
const agentVariables = 'WEATHER_API_(ALERTS|UNATTENDED_TOOLS)|ALERTS_AUTH_CONTEXT'

export function weatherExample(env: EnvironmentReader, variables: Variables): Example {
  const port = env.port('WEATHER_API_PORT', 8080)
  const url = `http://localhost:${port}`
  const publicUrl = variables['PUBLIC_URL']
  return {
    ids: { WEATHER_API_APP_ID: seed.apps['weather-api'].id },
    entraEnv: publicUrl ? { WEATHER_API_PUBLIC_URL: publicUrl } : {},
    agentEnv: ({ AGENT_CLIENT_ID, WEATHER_API_APP_ID = '' }) => ({
      WEATHER_API_URL: url,
      WEATHER_API_ALERTS: 'true',
      ALERTS_AUTH_CONTEXT: alertsContext,
      // The demo's own agents, unless the user set another agent identity.
      ...(AGENT_CLIENT_ID === weatherAgent.id ? { AGENTS_CONFIG: agentsFile } : {}),
      ...(variables['MCP_CONFIG'] ? {} : { MCP_CONFIG: writeMcpConfig(url, WEATHER_API_APP_ID) }),
      ...variablesNamed(variables, agentVariables),
    }),
    describe: demo => ({
      name: 'weather-api',
      main: resolve(import.meta.dirname, '../../services/weather-api/src/main.ts'),
      port,
      variable: 'WEATHER_API_PORT',
      healthUrl: `${url}/readyz`,
      env: { ALERTS_FILE: alertsFile(port), ...apiEnv(demo, variables), PORT: String(port) },
    }),
  }
}

function apiEnv({ shared, entraUrl, agents }: DemoOfExample, variables: Variables) {
  const agentIds = agents.map(({ clientId }) => clientId).join(',')
  return {
    WEATHER_PROVIDER: 'auto',
    ALERTS_AUTH_CONTEXT: alertsContext,
    ...shared,
    ...variablesNamed(variables, apiVariables),
    AGENT_CLIENT_ID: agentIds,
    AGENT_USERS: listAgentUsers(agents),
    // The demo's own agents and the callers that the user lists.
    WEATHER_ALLOWED_CALLERS: [agentIds, variables['WEATHER_ALLOWED_CALLERS']].filter(Boolean).join(','),
    ENTRA_AUTHORITY: entraUrl,
  }
}

/** The agents' own user accounts, each with its agent. */
function listAgentUsers(agents: readonly AgentIdentity[]): string {
  return agents
    .flatMap(({ clientId, agentUserId }) => (agentUserId === undefined ? [] : [`${clientId}=${agentUserId}`]))
    .join(',')
}

/** The file in which the demo's weather API keeps alerts; each port has its own. */
function alertsFile(weatherPort: number): string {
  return fileOfDemo(`alerts-${weatherPort}.sqlite`)
}

/**
 * Writes the configuration of the demo's MCP server, which is the weather API's `/mcp`, and returns the file's path. The
 * server shares the weather API's registration and therefore the sidecar's entries.
 */
function writeMcpConfig(weatherUrl: string, appId: string): string {
  const tools = ['get_weather', 'get_forecast']
  const server = {
    url: `${weatherUrl}/mcp`,
    downstreamApi: 'weather',
    appId,
    allowedTools: tools,
    readOnlyTools: tools,
    keepsIdempotencyKeys: true,
    flows: flowNames,
  }
  return writeSettings(`mcp-${new URL(weatherUrl).port}.json`, { mcpServers: { 'weather-tools': server } })
}
