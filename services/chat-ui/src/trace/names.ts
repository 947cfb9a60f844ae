import type { Actor, Flow, Mode, TokenRole } from '@entra-bedrock-agent/identity-trace'
import type { PublicConfig } from '../agent/public-config.ts'

export const actorNames: Readonly<Record<Actor, string>> = {
  user: 'You',
  agent: 'Agent',
  sidecar: 'Sidecar',
  entra: 'Entra ID',
  bedrock: 'Bedrock',
  'weather-api': 'Weather API',
}

export const tokenRoleNames: Readonly<Record<TokenRole, string>> = {
  Tc: 'the person’s token',
  T1: 'the blueprint’s exchange token',
  TR: 'the agent’s token',
}

export const modeNames: Readonly<Record<Mode, string>> = { direct: 'Direct', bedrock: 'Bedrock' }

export const flowNames: Readonly<Record<Flow, string>> = {
  autonomous: 'As the agent itself',
  obo: 'On behalf of me',
}

const emulatedNames: Readonly<Record<string, string>> = {
  entra: 'Microsoft Entra ID',
  'auth-sidecar': 'the Entra Auth SDK sidecar',
  bedrock: 'Amazon Bedrock',
}

export function emulatedName(component: string): string {
  return emulatedNames[component] ?? component
}

/** What an id in a token stands for; `undefined` when this page does not know. */
export type NameOf = (value: string) => string | undefined

const guid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/i

/** Shortens the GUIDs in a title to their first part; the claims show them whole. */
export function shortenIds(text: string): string {
  return text.replace(new RegExp(guid, 'gi'), id => `${id.slice(0, 8)}…`)
}

/** The audience of T1: the resource of Entra's own token exchange. */
const tokenExchangeId = 'fb60f99c-7a34-4190-8149-302f77469936'

/** Names the GUIDs that the agent's public configuration knows, also inside `api://…` and issuer URLs. */
export function nameIds(config: PublicConfig): NameOf {
  const names = new Map(Object.entries(config.names ?? {}).map(([id, name]) => [id.toLowerCase(), name]))
  names.set(tokenExchangeId, 'Entra token exchange')
  const add = (id: string | null | undefined, name: string) => {
    const key = id?.toLowerCase()
    if (key && !names.has(key)) names.set(key, name)
  }
  add(config.tenantId, 'this tenant')
  add(config.spaClientId, 'this page')
  add(config.scopes.map(scope => guid.exec(scope)?.[0]).find(Boolean), 'blueprint')
  return value => names.get(guid.exec(value)?.[0].toLowerCase() ?? '')
}
