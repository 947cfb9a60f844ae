import { KeyObject } from 'node:crypto'
import { createRemoteJWKSet, customFetch, errors, type JWTVerifyGetKey } from 'jose'
import { Agent, fetch, interceptors } from 'undici'
import { problem } from '../problems.ts'
import type { AgentIdentity } from './agent-identity.ts'

export interface EntraKeysOptions {
  /** How long fetching the keys may take. Default: 3 s. */
  readonly keysTimeoutMs?: number | undefined
  /** After a fetch, how long an unknown key id waits before it may cause the next one. Default: 5 s. */
  readonly keysCooldownMs?: number | undefined
}

const keysMaxAgeMs = 10 * 60_000
const keysMaxBytes = 256 * 1024
/** FIPS 186-5 §5.1 allows none below. With 1 anybody can write a signature. jose looks at the length of a key only. */
const smallestExponent = 65_537n

/**
 * The tenant's signing keys, whole set at a time: fetched when first needed, when old, and when a key id is unknown –
 * then at most once per cool-down, so that made-up key ids neither flood Entra nor keep a new key from being found.
 * Concurrent look-ups share one fetch. One key set serves v1 and v2 tokens.
 *
 * @throws ProblemError ENTRA_UNAVAILABLE when the keys are out of reach; jose's errors when the key is not among them.
 */
export function createEntraKeys(
  { authority, tenantId }: AgentIdentity,
  { keysTimeoutMs = 3_000, keysCooldownMs = 5_000 }: EntraKeysOptions,
): JWTVerifyGetKey {
  // Decompressed here, within the same limit: fetch would do so without one.
  const dispatcher = new Agent({
    connect: { timeout: keysTimeoutMs },
    maxResponseSize: keysMaxBytes,
  }).compose(interceptors.decompress({ maxSize: keysMaxBytes, skipErrorResponses: false }))
  const keys = createRemoteJWKSet(new URL(`${authority}/${tenantId}/discovery/v2.0/keys`), {
    timeoutDuration: keysTimeoutMs,
    cooldownDuration: keysCooldownMs,
    cacheMaxAge: keysMaxAgeMs,
    [customFetch]: (url, init) => fetch(url, { ...init, dispatcher }),
  })
  return async (header, token) => {
    try {
      const key = await keys(header, token)
      const { publicExponent = 0n } = KeyObject.from(key).asymmetricKeyDetails ?? {}
      if (publicExponent < smallestExponent) throw new errors.JWKSNoMatchingKey()
      return key
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JOSENotSupported) throw error
      throw problem('ENTRA_UNAVAILABLE', 'Entra’s signing keys cannot be fetched.', {
        upstream: { service: 'entra' },
        cause: error,
      })
    }
  }
}
