import type { Clock } from '../clock.ts'

export interface CachedToken {
  readonly accessToken: string
  readonly expiresAtMs: number
  /** When Entra would like it renewed, if it said so. */
  readonly refreshAtMs: number | undefined
  /** In lower case. */
  readonly scopes: ReadonlySet<string>
}

/** A token this close to its end is not handed out any more. */
const expiryBufferMs = 5 * 60_000

/** Access tokens in memory: one partition per application, tenant and person, in it one token per set of scopes. */
export class TokenCache {
  readonly #partitions = new Map<string, CachedToken[]>()
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** A token of the partition that holds all the scopes (lower case) and lives for another five minutes. */
  find(partition: string, scopes: readonly string[]): CachedToken | undefined {
    const token = this.#partitions
      .get(partition)
      ?.find(candidate => scopes.every(scope => candidate.scopes.has(scope)))
    return token && token.expiresAtMs - expiryBufferMs > this.#clock.now() ? token : undefined
  }

  /** Takes a token in; tokens of the partition that share a scope with it give way. */
  store(partition: string, token: CachedToken): void {
    const others = this.#partitions
      .get(partition)
      ?.filter(other => ![...token.scopes].some(scope => other.scopes.has(scope)))
    this.#partitions.set(partition, [...(others ?? []), token])
  }
}
