import { agentsOf, needsAgentsFile, writeAgentsFile } from './agents-file.ts'
import { readVariables, setVariables } from './env-file.ts'
import type { Receipt } from './receipt.ts'
import { consentUrisOf } from './settings.ts'

/** The files that ids are written to. */
export interface Files {
  readonly envFile: string
  /** The file that `AGENTS_CONFIG` names; used for several agents, or for an agent with other than the default flows. */
  readonly agentsFile: string
}

/** The variables of `.env` that name the objects in Entra. An object that does not exist yet has no variable. */
export function variablesOf(receipt: Receipt, agentsFile: string): Readonly<Record<string, string>> {
  const { tenantId, objects } = receipt
  const agents = agentsOf(receipt)
  const ids = agents.map(({ clientId }) => clientId).join(',') || undefined
  const variables = {
    TENANT_ID: tenantId,
    BLUEPRINT_APP_ID: objects['blueprint']?.appId,
    AGENT_CLIENT_ID: ids,
    CLIENT_SPA_APP_ID: objects['page']?.appId,
    WEATHER_API_APP_ID: objects['weather-api']?.appId,
    CONSENT_REDIRECT_URI: consentUrisOf(receipt.settings)[0],
    WEATHER_ALLOWED_CALLERS: agents.length > 1 ? ids : undefined,
    AGENTS_CONFIG: needsAgentsFile(receipt) && ids !== undefined ? agentsFile : undefined,
    AGENT_USERS:
      agents
        .flatMap(({ clientId, agentUser }) => (agentUser ? [`${clientId}=${agentUser.objectId}`] : []))
        .join(',') || undefined,
  }
  return Object.fromEntries(
    Object.entries(variables).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
}

/**
 * Empties the variables of objects that are gone, the secret too, and changes those that name what is left. Only values that
 * are those of `before` change: the `.env` file may be that of another set-up.
 */
export function replaceVariables({ envFile, agentsFile }: Files, before: Receipt, after?: Receipt): void {
  const now = readVariables(envFile)
  const wanted = after ? variablesOf(after, agentsFile) : {}
  const changed = Object.entries(variablesOf(before, agentsFile)).flatMap(([name, value]) =>
    name !== 'TENANT_ID' && now[name] === value && wanted[name] !== value ? [[name, wanted[name] ?? '']] : [],
  )
  const isSecretOurs = now['BLUEPRINT_APP_ID'] === before.objects['blueprint']?.appId
  if (isSecretOurs && before.objects['client-secret'] && !after?.objects['client-secret'])
    changed.push(['BLUEPRINT_CLIENT_SECRET', ''])
  if (changed.length > 0) setVariables(envFile, Object.fromEntries(changed))
  writeAgentsFile(agentsFile, before, after)
}
