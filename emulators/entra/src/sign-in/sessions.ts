import { randomUUID } from 'node:crypto'
import { BoundedMap } from '../bounded-map.ts'
import { opaque } from '../tokens/opaque.ts'

/** One browser's single sign-on: the users who signed in there. */
export interface Session {
  /** The secret in the cookie. */
  readonly cookie: string
  /** What tokens carry as `sid`. */
  readonly id: string
  readonly userIds: Set<string>
  /** Conditional-access policies that a sign-in in this session has fulfilled. */
  readonly fulfilledPolicies: Set<string>
}

/** Browser sessions in memory; the oldest are forgotten beyond the limit. */
export class Sessions {
  readonly #byCookie = new BoundedMap<string, Session>(1_000)
  readonly #byId = new BoundedMap<string, Session>(1_000)

  find(cookie: string | undefined): Session | undefined {
    return cookie === undefined ? undefined : this.#byCookie.get(cookie)
  }

  /** Whether the session that a token names has fulfilled a policy. */
  fulfils(sessionId: string, policyId: string): boolean {
    return this.#byId.get(sessionId)?.fulfilledPolicies.has(policyId) ?? false
  }

  start(): Session {
    const session: Session = {
      cookie: opaque(32),
      id: randomUUID(),
      userIds: new Set(),
      fulfilledPolicies: new Set(),
    }
    this.#byCookie.set(session.cookie, session)
    this.#byId.set(session.id, session)
    return session
  }

  end(session: Session): void {
    this.#byCookie.delete(session.cookie)
  }

  clear(): void {
    this.#byCookie.clear()
    this.#byId.clear()
  }
}
