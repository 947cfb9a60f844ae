/** `agentctl helm-values`: the ids of .env as values for the chart, in JSON, which is YAML too. */
import { type EnvironmentReader, readEnvironment } from '@entra-bedrock-agent/service-kit'
import { readVariables } from './entra/env-file.ts'

const help = `npx --no-install agentctl helm-values > entra.yaml

Prints the ids that agentctl entra apply wrote into .env, and the agents of AGENTS_CONFIG, as values for the chart.`

/** The values for one agent, or for several. Several agents have the same form in the chart's values as in the agents file. */
function agentValues(env: EnvironmentReader) {
  if (env.optional('AGENTS_CONFIG') === undefined)
    return { id: { agentClientId: env.guid('AGENT_CLIENT_ID') } }
  const { agents = {}, default: first = Object.keys(agents)[0] } = (env.jsonFile('AGENTS_CONFIG') ?? {}) as {
    readonly agents?: object
    readonly default?: string
  }
  return { several: { agents, defaultAgent: first } }
}

if (process.argv.includes('--help')) console.log(help)
else
  try {
    const values = readEnvironment(readVariables('.env'), env => {
      const { id, several } = agentValues(env)
      return {
        entra: {
          tenantId: env.guid('TENANT_ID'),
          blueprintAppId: env.guid('BLUEPRINT_APP_ID'),
          ...id,
          spaAppId: env.guid('CLIENT_SPA_APP_ID'),
        },
        ...several,
        downstreamApis: { weather: { appId: env.guid('WEATHER_API_APP_ID') } },
      }
    })
    console.log(JSON.stringify(values, undefined, 2))
  } catch (error) {
    console.error((error as Error).message)
    process.exitCode = 2
  }
