import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { defaultFlows } from '@entra-agents/trace'
import { Mistake } from '../set-up/mistake.ts'
import { agentKey, agentUserKey } from './objects/tenant-object.ts'
import type { Receipt } from './receipt.ts'
import { flowsOf, toKebab } from './settings.ts'

type Entry = Readonly<Record<string, unknown>>
interface Content {
  readonly agents: Readonly<Record<string, Entry>>
  readonly default?: string
}

/** An agent as the services’ configuration names it. */
export interface ConfiguredAgent {
  readonly displayName: string
  readonly clientId: string
  readonly flows: readonly string[]
  readonly agentUser?: { readonly objectId: string }
}

/** The agents that the set-up has made. */
export function agentsOf({ settings, objects }: Receipt): readonly ConfiguredAgent[] {
  return settings.agents.flatMap(displayName => {
    const clientId = objects[agentKey(displayName)]?.id
    const user = objects[agentUserKey(displayName)]?.id
    const flows = flowsOf(settings, displayName)
    if (clientId === undefined) return []
    const agentUser = user === undefined ? {} : { agentUser: { objectId: user } }
    // An agent without any right can still request a token as itself, but the API refuses the token.
    return { displayName, clientId, flows: flows.length > 0 ? flows : ['autonomous'], ...agentUser }
  })
}

/** Whether one client id is not enough to configure the services. */
export function needsAgentsFile({ settings }: Receipt): boolean {
  const isOther = (name: string) => String(flowsOf(settings, name)) !== String(defaultFlows)
  return settings.agents.length > 1 || settings.agents.some(isOther)
}

/**
 * Writes the ids, flows and user accounts of the agents into the file that `AGENTS_CONFIG` names, and removes agents that are gone.
 * Everything else in the file stays: titles, descriptions, other agents.
 */
export function writeAgentsFile(path: string, before: Receipt | undefined, after: Receipt | undefined): void {
  const wanted = after && needsAgentsFile(after) ? agentsOf(after) : []
  const gone = (before ? agentsOf(before) : []).map(({ clientId }) => clientId)
  if (wanted.length === 0 && (gone.length === 0 || !existsSync(path))) return
  const { agents, default: first } = readAgentsFile(path)
  const isLeft = ({ clientId }: Entry) =>
    !gone.includes(String(clientId)) || wanted.some(one => one.clientId === clientId)
  const entries = new Map(Object.entries(agents).filter(([, entry]) => isLeft(entry)))
  for (const { displayName, ...agent } of wanted) {
    const name = nameFor(displayName, agent.clientId, entries)
    const { agentUser: _before, ...known } = entries.get(name) ?? { title: displayName }
    entries.set(name, { ...known, ...agent })
  }
  const start = first !== undefined && entries.has(first) ? { default: first } : {}
  const content: Content = { agents: Object.fromEntries(entries), ...start }
  if (entries.size === 0) rmSync(path)
  else writeFileSync(path, `${JSON.stringify(content, undefined, 2)}\n`)
}

/** An agent’s name in the file: the one it has there already, else its display name in kebab-case, numbered if taken. */
function nameFor(displayName: string, clientId: string, entries: ReadonlyMap<string, Entry>): string {
  const known = [...entries].find(([, entry]) => entry['clientId'] === clientId)
  if (known) return known[0]
  const name = toKebab(displayName).slice(0, 35).replace(/-+$/, '') || 'agent'
  const isFree = (one: string) => entries.get(one)?.['clientId'] === undefined
  for (let number = 2, free = name; ; number++) {
    if (isFree(free)) return free
    free = `${name}-${number}`
  }
}

/** @throws {Mistake} when the file is no configuration of agents. */
export function readAgentsFile(path: string): Content {
  if (!existsSync(path)) return { agents: {} }
  try {
    const content: Content = JSON.parse(readFileSync(path, 'utf8'))
    if (typeof content.agents === 'object') return content
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  throw new Mistake(
    `${path} is no configuration of agents, and the agents have to go there.`,
    'Name another file with --agents-config, or mend this one (docs/configuration.md, “Several agents”).',
  )
}
