import type { Actor, Flow, Mode, PublicConfig, TokenRole } from '@entra-bedrock-agent/identity-trace'

const ownActors: Readonly<Record<string, string>> = {
  user: 'You',
  agent: 'Agent',
  sidecar: 'Sidecar',
  entra: 'Entra ID',
  bedrock: 'Bedrock',
}

export const tokenRoleNames: Readonly<Record<TokenRole, string>> = {
  Tc: 'the user’s token',
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

/** Who is who: the names that the agent's public configuration gives to actors and ids. */
export interface Names {
  /** The title of an actor, or what the trace calls it where the configuration does not know it. */
  actor(actor: Actor): string
  /** What an id in a token stands for, also inside `api://…` and issuer URLs; `undefined` when this page does not know. */
  id(value: string): string | undefined
}

const guid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/i

/** Shortens the GUIDs in a title to their first part; the claims show them whole. */
export function shortenIds(text: string): string {
  return text.replace(new RegExp(guid, 'gi'), id => `${id.slice(0, 8)}…`)
}

/** The audience of T1: the resource of Entra's own token exchange. */
const tokenExchangeId = 'fb60f99c-7a34-4190-8149-302f77469936'

export function describeNames({ apis, names }: PublicConfig): Names {
  const actors = new Map(apis.map(({ name, title }) => [name, title]))
  const ids = new Map(Object.entries(names).map(([id, name]) => [id.toLowerCase(), name]))
  for (const { appId, title } of apis) ids.set(appId.toLowerCase(), title)
  ids.set(tokenExchangeId, 'Entra token exchange')
  return {
    actor: actor => ownActors[actor] ?? actors.get(actor) ?? actor,
    id: value => ids.get(guid.exec(value)?.[0].toLowerCase() ?? ''),
  }
}
