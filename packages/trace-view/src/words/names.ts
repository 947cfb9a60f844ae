import {
  type Actor,
  type Mode,
  type PublicAgent,
  type PublicConfig,
  tokenExchangeAudience,
} from '@entra-agents/trace'
import { spellOutDirections } from './visible-text.ts'

export const modeNames: Readonly<Record<Mode, string>> = { direct: 'Direct', bedrock: 'Bedrock' }

/** The parts of the agent's public configuration that have names. */
export type NamedInConfig = Pick<PublicConfig, 'apis' | 'names' | 'emulated'> & {
  readonly agents: readonly (Pick<PublicAgent, 'name' | 'title'> & Partial<Pick<PublicAgent, 'clientId'>>)[]
}

/** Who is who: the names that the agent's public configuration gives to actors and ids. */
export interface Names {
  /** The agent within a sentence: its title, or “the agent” if it has none. */
  readonly agent: string
  /** The client id of its agent identity, if known. */
  readonly agentId: string | undefined
  /** The actors that the configuration knows, in the order of their lanes. */
  readonly actors: readonly Actor[]
  /** The title of an actor or, if the configuration does not know it, its name in the trace. */
  actor(actor: Actor): string
  /** What an id in a token stands for, also inside `api://…` and issuer URLs; `undefined` if this page does not know the id. */
  id(value: string): string | undefined
  isEmulated(actor: Actor): boolean
  /** Whether the reader is the user who asked, and not somebody to whom the trace was handed on. */
  readonly isReaderUser: boolean
  /** The names for a turn of this agent. */
  ofAgent(name: string | undefined): Names
}

/** The title of an agent for which none is configured. */
export const untitledAgent = 'Agent'

export const guidPattern = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi

/** Shortens the GUIDs in a text to their first and last digits, since some differ only at the end; claims show all digits. */
export function shortenIds(text: string): string {
  return text.replace(guidPattern, id => `${id.slice(0, 8)}…${id.slice(-4)}`)
}

const guidStart = /^[0-9a-f]{8}-/

/** Capitalises a name at the start of a sentence or standing alone; an id stays unchanged. */
export function capitalise(text: string): string {
  return guidStart.test(text) ? text : text.slice(0, 1).toUpperCase() + text.slice(1)
}

export function describeNames({ agents, apis, names, emulated }: NamedInConfig, isReaderUser = true): Names {
  const ids = new Map(Object.entries(names).map(([id, name]) => [id.toLowerCase(), name]))
  ids.set(tokenExchangeAudience, 'Entra token exchange')
  const namesFor = (name: string | undefined): Names => {
    const known = agents.find(other => other.name === name)
    const agent = known?.title ?? untitledAgent
    // The order of the lanes.
    const actors = new Map([
      ['user', isReaderUser ? 'You' : 'User'],
      ['agent', agent],
      ['sidecar', 'Sidecar'],
      ['entra', 'Entra ID'],
      ['bedrock', 'Bedrock'],
      ...apis.map(({ name, title }) => [name, title] as const),
    ])
    return {
      agent: agent === untitledAgent ? 'the agent' : agent,
      agentId: known?.clientId,
      actors: [...actors.keys()],
      actor: actor => actors.get(actor) ?? spellOutDirections(actor),
      id: value => {
        const id = value.match(guidPattern)?.[0].toLowerCase() ?? ''
        // A token for one API is valid for all APIs with the same app id.
        const sharing = apis.filter(({ appId }) => appId.toLowerCase() === id)
        return sharing.length > 0 ? listInWords(sharing.map(({ title }) => title)) : ids.get(id)
      },
      isEmulated: actor => emulated.includes(actor === 'sidecar' ? 'auth-sidecar' : actor),
      isReaderUser,
      ofAgent: namesFor,
    }
  }
  return namesFor(undefined)
}

const conjunctionFormat = new Intl.ListFormat('en', { type: 'conjunction' })

/** "Orders API and Stock API". */
export function listInWords(items: readonly string[]): string {
  return conjunctionFormat.format(items)
}

/** Adds the article to a general name; a configured title needs none. */
export function withArticle(name: string): string {
  return ['agent identity', 'blueprint', 'application'].includes(name) ? `the ${name}` : name
}
