import { readVariables, setVariables } from './env-file.ts'
import { agentKey } from './objects/tenant-object.ts'
import type { Receipt } from './receipt.ts'

/** The variables of `.env` that name what was made; whatever is not made yet has none. */
export function variablesOf({ tenantId, settings, objects }: Receipt): Readonly<Record<string, string>> {
  const agents = settings.agents.flatMap(name => objects[agentKey(name)]?.id ?? [])
  const variables = {
    TENANT_ID: tenantId,
    BLUEPRINT_APP_ID: objects['blueprint']?.appId,
    AGENT_CLIENT_ID: agents[0],
    CLIENT_SPA_APP_ID: objects['page']?.appId,
    WEATHER_API_APP_ID: objects['weather-api']?.appId,
    WEATHER_ALLOWED_CALLERS: agents.length > 1 ? agents.join(',') : undefined,
  }
  return Object.fromEntries(
    Object.entries(variables).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
}

/** Empties what names things that are gone, the blueprint's secret among them. Other values are somebody else's. */
export function forgetVariables(envFile: string, receipt: Receipt): void {
  const { TENANT_ID: _kept, ...gone } = variablesOf(receipt)
  const now = readVariables(envFile)
  const names = Object.keys(gone).filter(name => now[name] === gone[name])
  const hasSecret = names.includes('BLUEPRINT_APP_ID') && now['BLUEPRINT_CLIENT_SECRET']
  const emptied = [...names, ...(hasSecret ? ['BLUEPRINT_CLIENT_SECRET'] : [])]
  if (emptied.length > 0) setVariables(envFile, Object.fromEntries(emptied.map(name => [name, ''])))
}
