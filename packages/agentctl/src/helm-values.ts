import { writeFileSync } from 'node:fs'
import { readEnvironment } from '@entra-agents/service-kit'
import { readVariables } from './entra/env-file.ts'

/** `agentctl helm-values`: the ids of a `.env` file as values for the chart, in JSON, which is YAML too. */
export function helmValues({ dotenv, output }: { readonly dotenv: string; readonly output?: string }): void {
  const values = readEnvironment(readVariables(dotenv), env => {
    const isOne = env.optional('AGENTS_CONFIG') === undefined
    // The agents have the same form in the file as in the chart's values.
    const file = env.jsonFile('AGENTS_CONFIG') ?? {}
    const { agents = {}, default: first = Object.keys(agents)[0] } = file as {
      agents?: object
      default?: string
    }
    return {
      entra: {
        tenantId: env.guid('TENANT_ID'),
        blueprintAppId: env.guid('BLUEPRINT_APP_ID'),
        ...(isOne ? { agentClientId: env.guid('AGENT_CLIENT_ID') } : {}),
        spaAppId: env.guid('CLIENT_SPA_APP_ID'),
      },
      ...(isOne ? {} : { agents, defaultAgent: first }),
      downstreamApis: { weather: { appId: env.guid('WEATHER_API_APP_ID') } },
    }
  })
  const text = JSON.stringify(values, undefined, 2)
  if (output === undefined) console.log(text)
  else writeFileSync(output, `${text}\n`)
}
