import type { Caller } from '@entra-agents/identity/core'
import type { ProblemError } from '@entra-agents/service-kit'
import { LRUCache } from 'lru-cache'
import type { ChosenTools } from './offered-tools/offered-tools.ts'

/** For whom an agent has tools listed: itself, its user account, or somebody it acts for. */
type Asker = Pick<Caller, 'agent' | 'flow' | 'user'>

/** What is known of a server's tools for one asker. */
export interface KnownTools {
  readonly tools: ChosenTools | undefined
  /** Why the server recently refused to list the tools for this asker. */
  readonly refusal: ProblemError | undefined
  /** Whether the last look-up is so recent that no new look-up is needed. */
  readonly isFresh: boolean
}

interface Timed<Value> {
  readonly value: Value
  /** When the value was put here, by `performance.now()`. */
  readonly atMs: number
}

interface ListEntry {
  readonly listed?: Timed<ChosenTools> | undefined
  readonly refused?: Timed<ProblemError> | undefined
}

const listIsFreshForMs = 30_000
/** How long tools are not looked up again after a refusal: short, so that a consent soon takes effect. */
const refusalIsFreshForMs = 5_000
const listKeptForMs = 10 * 60_000
const maxBytes = 16 * 1024 * 1024
/** About what an entry takes beside its texts. */
const bytesOfEntry = 1_024

/**
 * The tools of one server as they were last listed to each agent: in each flow without a user, and for each user it acted for.
 * Servers decide how long their lists are, so the lists are limited in bytes; those that were not used for the longest time go first.
 */
export class ToolLists {
  readonly #entries = new LRUCache<string, ListEntry>({
    maxSize: maxBytes,
    sizeCalculation: ({ listed }) => bytesOfEntry + 2 * JSON.stringify(listed?.value ?? null).length,
  })

  of(asker: Asker): KnownTools {
    const { listed, refused } = this.#entryOf(asker)
    return {
      tools: isYounger(listed, listKeptForMs) ? listed?.value : undefined,
      refusal: isYounger(refused, listKeptForMs) ? refused?.value : undefined,
      isFresh: isYounger(listed, listIsFreshForMs) || isYounger(refused, refusalIsFreshForMs),
    }
  }

  listed(asker: Asker, tools: ChosenTools): void {
    this.#put(asker, { listed: timedNow(tools) })
  }

  /** Keeps the earlier list, so that the model can still call its tools: such a call fails with the refusal, which the user then sees. */
  refused(asker: Asker, problem: ProblemError): void {
    this.#put(asker, { ...this.#entryOf(asker), refused: timedNow(problem) })
  }

  #entryOf(asker: Asker): ListEntry {
    return this.#entries.get(askerKey(asker)) ?? {}
  }

  #put(asker: Asker, entry: ListEntry): void {
    this.#entries.set(askerKey(asker), entry)
  }
}

/** The key of an asker: agent, flow, user and also tenant, since two tenants may have the same object id. */
export function askerKey({ agent, flow, user }: Asker): string {
  return JSON.stringify([agent.clientId, flow, user?.claims['tid'], user?.objectId])
}

function timedNow<Value>(value: Value): Timed<Value> {
  return { value, atMs: performance.now() }
}

function isYounger(seen: Timed<unknown> | undefined, ageMs: number): boolean {
  return seen !== undefined && performance.now() - seen.atMs < ageMs
}
