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

/** The original never lets go of a partition; this many should be enough for an emulator. */
const mostPartitions = 50_000

/** Access tokens in memory: one partition per application, tenant and user, in it one token per set of scopes. */
export class TokenCache {
  readonly #partitions = new Map<string, readonly CachedToken[]>()
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** A token of the partition that covers all the scopes (lower case) and lives for another five minutes. */
  find(partition: string, scopes: readonly string[]): CachedToken | undefined {
    const token = this.#partitions
      .get(partition)
      ?.find(candidate => scopes.every(scope => candidate.scopes.has(scope)))
    return token && token.expiresAtMs - expiryBufferMs > this.#clock.nowMs() ? token : undefined
  }

  /** Takes a token in; tokens of the partition that share a scope with it give way. */
  store(partition: string, token: CachedToken): void {
    const others = (this.#partitions.get(partition) ?? []).filter(
      ({ scopes }) => ![...scopes].some(scope => token.scopes.has(scope)),
    )
    const [oldest] = this.#partitions.keys()
    if (this.#partitions.size >= mostPartitions && oldest !== undefined) this.#partitions.delete(oldest)
    this.#partitions.set(partition, [...others, token])
  }
}
