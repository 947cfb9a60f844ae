/** `agentctl helm-values`: the ids of .env as values for the chart, in JSON, which is YAML too. */
import { readEnvironment } from '@entra-bedrock-agent/service-kit'
import { readVariables } from './entra/env-file.ts'

const help = `npx --no-install agentctl helm-values > entra.yaml

Prints the ids that agentctl entra apply wrote into .env as values for the chart.`

if (process.argv.includes('--help')) console.log(help)
else
  try {
    const values = readEnvironment(readVariables('.env'), env => ({
      entra: {
        tenantId: env.guid('TENANT_ID'),
        blueprintAppId: env.guid('BLUEPRINT_APP_ID'),
        agentClientId: env.guid('AGENT_CLIENT_ID'),
        spaAppId: env.guid('CLIENT_SPA_APP_ID'),
      },
      downstreamApis: { weather: { appId: env.guid('WEATHER_API_APP_ID') } },
    }))
    console.log(JSON.stringify(values, undefined, 2))
  } catch (error) {
    console.error((error as Error).message)
    process.exitCode = 2
  }
