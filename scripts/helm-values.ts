import { writeFileSync } from 'node:fs'
import { type EnvironmentReader, readEnvironment } from '@entra-bedrock-agent/service-kit'
import { readVariables } from './entra/env-file.ts'

/** `agentctl helm-values`: the ids of a `.env` file as values for the chart, in JSON, which is YAML too. */
export function helmValues({ dotenv, output }: { readonly dotenv: string; readonly output?: string }): void {
  const values = readEnvironment(readVariables(dotenv), env => {
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
  const text = JSON.stringify(values, undefined, 2)
  if (output === undefined) console.log(text)
  else writeFileSync(output, `${text}\n`)
}

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
