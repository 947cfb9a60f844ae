import { randomUUID } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { opaqueValue } from '../tokens/opaque.ts'

/** The users who are signed in in one browser. */
export interface Session {
  /** The `sid` of tokens. */
  readonly id: string
  /** The secret in the cookie. */
  readonly cookie: string
  readonly userIds: Set<string>
  /** Conditional-access policies that a sign-in in this session has fulfilled. */
  readonly fulfilledPolicies: Set<string>
  /** When each user last proved a second factor, in milliseconds since 1970. */
  readonly secondFactorAtMs: Map<string, number>
}

/** Browser sessions by their ids; beyond the limit, the least recently used are dropped. */
export class Sessions extends LRUCache<string, Session> {
  constructor() {
    super({ max: 1_000 })
  }

  start(): Session {
    const id = randomUUID()
    const session = {
      id,
      cookie: opaqueValue(32),
      userIds: new Set<string>(),
      fulfilledPolicies: new Set<string>(),
      secondFactorAtMs: new Map<string, number>(),
    }
    this.set(id, session)
    return session
  }
}
