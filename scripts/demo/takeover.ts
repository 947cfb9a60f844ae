/** The demo's part that shows what stops an injected agent: a poisoned note, an agent that may only read, and a model that obeys. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { writeSettings } from './files.ts'
import type { ReadExample } from './process.ts'
import seed from './takeover/entra.json' with { type: 'json' }
import { realBedrockVariable } from './variables.ts'
import weatherAgents from './weather-agents.json' with { type: 'json' }

const { agents } = weatherAgents

const fileOf = (name: string) => resolve(import.meta.dirname, 'takeover', name)

const reader = {
  title: 'Reader',
  description: 'Reads notes and the weather for a signed-in user.',
  clientId: seed.blueprints.weather.agents['reader-agent'].id,
  flows: ['obo'],
  // As the alerts agent it is offered tools that change something: what it lacks is the right.
  apis: ['weather-api', 'notes'],
  changes: [],
}

/** Is left out if the user brings along a tenant, agents, servers or a model. */
export const takeoverExample: ReadExample = (env, variables) => {
  const port = env.port('NOTES_PORT', 8082)
  const isReplaced = ['ENTRA_SEED', 'AGENTS_CONFIG', 'MCP_CONFIG'].some(name => variables[name])
  if (isReplaced || realBedrockVariable(variables)) return undefined
  const url = `http://localhost:${port}`
  const { id: appId } = seed.apps.notes
  const tools = ['get_note']
  const notes = {
    url: `${url}/mcp`,
    downstreamApi: 'notes',
    appId,
    allowedTools: tools,
    readOnlyTools: tools,
    flows: ['obo'],
    protocol: '2026-07-28',
  }
  return {
    ids: {},
    entraEnv: { ENTRA_SEED: fileOf('entra.json') },
    bedrockEnv: { EMULATOR_OBEYS_RESULTS: 'true' },
    agentEnv: (_ids, { MCP_CONFIG = '' }) => {
      const { mcpServers } = JSON.parse(readFileSync(MCP_CONFIG, 'utf8'))
      // This agent has no right to the notes, and would be told so in each of its turns.
      const weather = { ...agents.weather, apis: ['weather-api', ...Object.keys(mcpServers)] }
      return {
        AGENTS_CONFIG: writeSettings(`agents-${port}.json`, { agents: { ...agents, weather, reader } }),
        MCP_CONFIG: writeSettings(`mcp-${port}.json`, { mcpServers: { ...mcpServers, notes } }),
        COMPARISON_CONFIG: fileOf('comparison.json'),
      }
    },
    describe: ({ shared, entraUrl, agents: callers }) => ({
      name: 'notes',
      main: fileOf('notes-server.ts'),
      port,
      variable: 'NOTES_PORT',
      healthUrl: `${url}/healthz`,
      env: {
        ...shared,
        PORT: String(port),
        ENTRA_AUTHORITY: entraUrl,
        NOTES_APP_ID: appId,
        AGENT_CLIENT_IDS: callers.map(({ clientId }) => clientId).join(','),
      },
    }),
  }
}
