import { LRUCache } from 'lru-cache'
import type { Clock } from '../clock.ts'
import type { TokenGrant } from '../entra/responses.ts'

export type CachedToken = Readonly<ReturnType<typeof toCachedToken>>

export function toCachedToken(grant: TokenGrant, requested: readonly string[], nowMs: number) {
  const { accessToken, expiresInSeconds, refreshInSeconds, scope, refreshToken } = grant
  return {
    ...{ accessToken, expiresAtMs: nowMs + expiresInSeconds * 1000, refreshToken },
    /** From this time on the token is renewed; `undefined` if Entra sent no `refresh_in`. */
    refreshAtMs: refreshInSeconds === undefined ? undefined : nowMs + refreshInSeconds * 1000,
    /** The scopes that the token has, in lower case. */
    scopes: new Set((scope?.split(' ') ?? requested).map(one => one.toLowerCase())),
  }
}

/** A token is not returned from the cache in its last five minutes. */
const expiryBufferMs = 5 * 60_000

export type TokenCache = Readonly<ReturnType<typeof tokenCache>>

/** Access tokens in memory: a partition for each application, tenant and user, with a token for each set of scopes. */
export function tokenCache(clock: Clock) {
  // The cache of Microsoft's sidecar is unbounded.
  const partitions = new LRUCache<string, readonly CachedToken[]>({ max: 50_000 })
  return {
    /** The partition's token that has all these scopes (in lower case), if it is valid for five more minutes. */
    find(partition: string, wanted: readonly string[]): CachedToken | undefined {
      const token = partitions.get(partition)?.find(({ scopes }) => wanted.every(scope => scopes.has(scope)))
      return token && token.expiresAtMs - expiryBufferMs > clock.nowMs() ? token : undefined
    },
    /** The refresh token of the partition's user. */
    refreshToken: (partition: string) =>
      partitions.get(partition)?.findLast(({ refreshToken }) => refreshToken)?.refreshToken,
    /** Stores a token; it replaces tokens of the partition that share a scope with it. */
    store(partition: string, token: CachedToken): void {
      const others = (partitions.get(partition) ?? []).filter(
        ({ scopes }) => ![...scopes].some(scope => token.scopes.has(scope)),
      )
      partitions.set(partition, [...others, token])
    },
    clear: () => partitions.clear(),
  }
}
