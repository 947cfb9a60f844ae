import type { Actor, Flow, Mode, PublicConfig, TokenRole } from '@entra-bedrock-agent/identity-trace'

/** The actors that every agent has, in the order in which the page draws them; the APIs come after them. */
const ownActors: Readonly<Record<string, string>> = {
  user: 'You',
  agent: 'Agent',
  sidecar: 'Sidecar',
  entra: 'Entra ID',
  bedrock: 'Bedrock',
}

export const tokenRoleNames: Readonly<Record<TokenRole, string>> = {
  Tc: 'your token for the blueprint',
  T1: 'the blueprint’s exchange token',
  TR: 'the agent’s token for the API',
}

export const modeNames: Readonly<Record<Mode, string>> = { direct: 'Direct', bedrock: 'Bedrock' }

export const flowNames: Readonly<Record<Flow, string>> = { autonomous: 'Autonomous', obo: 'OBO' }

/** Who is who: the names that the agent's public configuration gives to actors and ids. */
export interface Names {
  /** The actors that are known, in the order in which they are drawn. */
  readonly actors: readonly Actor[]
  /** The title of an actor, or what the trace calls it where the configuration does not know it. */
  actor(actor: Actor): string
  /** What an id in a token stands for, also inside `api://…` and issuer URLs; `undefined` when this page does not know. */
  id(value: string): string | undefined
  isEmulated(actor: Actor): boolean
}

const guid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/i

/** Shortens the GUIDs in a title to their first part; the claims show them whole. */
export function shortenIds(text: string): string {
  return text.replace(new RegExp(guid, 'gi'), id => `${id.slice(0, 8)}…`)
}

/** The audience of T1: the resource of Entra's own token exchange. */
const tokenExchangeId = 'fb60f99c-7a34-4190-8149-302f77469936'

export function describeNames({ apis, names, emulated }: PublicConfig): Names {
  const apiTitles = new Map(apis.map(({ name, title }) => [name, title]))
  const ids = new Map(Object.entries(names).map(([id, name]) => [id.toLowerCase(), name]))
  for (const { appId, title } of apis) ids.set(appId.toLowerCase(), title)
  ids.set(tokenExchangeId, 'Entra token exchange')
  return {
    actors: [...Object.keys(ownActors), ...apiTitles.keys()],
    actor: actor => (Object.hasOwn(ownActors, actor) ? ownActors[actor] : apiTitles.get(actor)) ?? actor,
    id: value => ids.get(guid.exec(value)?.[0].toLowerCase() ?? ''),
    isEmulated: actor => emulated.includes(actor === 'sidecar' ? 'auth-sidecar' : actor),
  }
}
