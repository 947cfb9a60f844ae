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

/** Writes what is known now, and empties variables that name what is gone since. Other values stay. */
export function replaceVariables(
  envFile: string,
  before: ReturnType<typeof variablesOf> | undefined,
  after: Receipt | undefined,
  isSecretGone: boolean,
): void {
  const now = readVariables(envFile)
  const wanted = after ? variablesOf(after) : {}
  const gone = Object.entries(before ?? {}).filter(
    ([name, value]) => name !== 'TENANT_ID' && !(name in wanted) && now[name] === value,
  )
  const emptied = [
    ...gone.map(([name]) => name),
    ...(isSecretGone && now['BLUEPRINT_CLIENT_SECRET'] ? ['BLUEPRINT_CLIENT_SECRET'] : []),
  ]
  const variables = { ...wanted, ...Object.fromEntries(emptied.map(name => [name, ''])) }
  if (Object.keys(variables).length > 0) setVariables(envFile, variables)
}
