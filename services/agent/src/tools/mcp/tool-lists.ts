import { type Flow, mapFlows, needsUser } from '@entra-bedrock-agent/identity-trace'
import type { ProblemError } from '@entra-bedrock-agent/service-kit'
import type { Caller } from '../../turn/turn.ts'
import type { ChosenTools } from './offered-tools/offered-tools.ts'

/** For whom an agent has tools listed: itself, its user account, or somebody it acts for. */
type Asker = Pick<Caller, 'flow' | 'user'>

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
const maxUsers = 200

/** The tools of one server as they were last listed: to one agent in each flow without a user, and to each user it acted for. */
export class ToolLists {
  readonly #ofAgent: Record<Flow, ListEntry> = mapFlows(() => ({}))
  readonly #ofUsers = new Map<string, ListEntry>()

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
    return needsUser(asker.flow) ? (this.#ofUsers.get(askerKey(asker)) ?? {}) : this.#ofAgent[asker.flow]
  }

  #put(asker: Asker, entry: ListEntry): void {
    if (!needsUser(asker.flow)) {
      this.#ofAgent[asker.flow] = entry
      return
    }
    const key = askerKey(asker)
    this.#ofUsers.delete(key)
    this.#ofUsers.set(key, entry)
    // The oldest entries of a Map come first.
    for (const [other, { listed, refused }] of this.#ofUsers) {
      const isOld = !isYounger(listed, listKeptForMs) && !isYounger(refused, listKeptForMs)
      if (isOld || this.#ofUsers.size > maxUsers) this.#ofUsers.delete(other)
    }
  }
}

/** The key of an asker: user, flow and also tenant, since two tenants may have the same object id. */
export function askerKey({ flow, user }: Asker): string {
  return JSON.stringify([flow, user?.claims['tid'], user?.objectId])
}

function timedNow<Value>(value: Value): Timed<Value> {
  return { value, atMs: performance.now() }
}

function isYounger(seen: Timed<unknown> | undefined, ageMs: number): boolean {
  return seen !== undefined && performance.now() - seen.atMs < ageMs
}
