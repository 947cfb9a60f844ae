import type { ProblemError } from '@entra-bedrock-agent/service-kit'
import type { VerifiedUserToken } from '../../identity/user-token.ts'
import type { ChosenTools } from './choose-tools.ts'

/** For whom tools are listed: a user, or the agent itself. */
type User = Pick<VerifiedUserToken, 'claims' | 'objectId'> | undefined

/** What is known of a server's tools as one user, or the agent itself, sees them. */
export interface KnownTools {
  readonly tools: ChosenTools | undefined
  /** Why the server did not list them to this user lately. */
  readonly refusal: ProblemError | undefined
  /** Whether they need not be looked up again yet. */
  readonly isFresh: boolean
}

interface Seen<Value> {
  readonly value: Value
  /** As of `performance.now()`. */
  readonly atMs: number
}

interface Entry {
  readonly listed?: Seen<ChosenTools> | undefined
  readonly refused?: Seen<ProblemError> | undefined
}

const freshForMs = 30_000
/** Short, so that a consent takes effect soon after it was given. */
const refusalIsFreshForMs = 5_000
const keptForMs = 10 * 60_000
const maxUsers = 200

/** The tools of one server as they were last listed: to the agent itself, and to each user. */
export class ToolLists {
  #ofAgent: Entry = {}
  readonly #ofUsers = new Map<string, Entry>()

  of(user: User): KnownTools {
    const { listed, refused } = this.#entryOf(user)
    return {
      tools: isYounger(listed, keptForMs) ? listed?.value : undefined,
      refusal: isYounger(refused, keptForMs) ? refused?.value : undefined,
      isFresh: isYounger(listed, freshForMs) || isYounger(refused, refusalIsFreshForMs),
    }
  }

  listed(user: User, tools: ChosenTools): void {
    this.#put(user, { listed: now(tools) })
  }

  /** What was listed before stays known: a call of a tool then meets the same refusal, and the user learns of it. */
  refused(user: User, problem: ProblemError): void {
    this.#put(user, { ...this.#entryOf(user), refused: now(problem) })
  }

  #entryOf(user: User): Entry {
    return (user ? this.#ofUsers.get(keyOf(user)) : this.#ofAgent) ?? {}
  }

  #put(user: User, entry: Entry): void {
    if (!user) {
      this.#ofAgent = entry
      return
    }
    const key = keyOf(user)
    this.#ofUsers.delete(key)
    this.#ofUsers.set(key, entry)
    // The ones that were put there first come first.
    for (const [other, { listed, refused }] of this.#ofUsers) {
      const isOld = !isYounger(listed, keptForMs) && !isYounger(refused, keptForMs)
      if (isOld || this.#ofUsers.size > maxUsers) this.#ofUsers.delete(other)
    }
  }
}

/** The same object id may exist in two tenants. */
export function keyOf(user: User): string {
  return user ? JSON.stringify([user.claims['tid'], user.objectId]) : ''
}

function now<Value>(value: Value): Seen<Value> {
  return { value, atMs: performance.now() }
}

function isYounger(seen: Seen<unknown> | undefined, ageMs: number): boolean {
  return seen !== undefined && performance.now() - seen.atMs < ageMs
}
