import { type CompactVerifyGetKey, createRemoteJWKSet, errors } from 'jose'
import { LRUCache } from 'lru-cache'
import { refusal } from '../errors/entra-error.ts'

const fetchTimeoutMs = 5_000
/** Tokens with unknown key ids make the emulator fetch the keys at most once in this time. */
const refetchAfterMs = 2_000
const keysMaxAgeMs = 10 * 60_000

/** The keys of issuers of federated credentials, as functions for `compactVerify`, by their discovery documents (OpenID Connect). */
export class FederatedIssuers {
  readonly #keySets = new LRUCache<string, CompactVerifyGetKey>({ max: 32 })

  /** Says which keys an issuer has that exists in the emulator only. */
  set(issuer: string, keys: CompactVerifyGetKey): void {
    this.#keySets.set(issuer, keys)
  }

  keysOf(issuer: string): CompactVerifyGetKey {
    return async (header, token) => {
      try {
        const keys = this.#keySets.get(issuer) ?? (await discoverKeys(issuer))
        this.#keySets.set(issuer, keys)
        return await keys(header, token)
      } catch (error) {
        if (error instanceof errors.JWKSNoMatchingKey)
          throw refusal(7000272, { key: header.kid ?? '', issuer })
        throw refusal(50166, { issuer })
      }
    }
  }
}

async function discoverKeys(issuer: string): Promise<CompactVerifyGetKey> {
  const response = await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, {
    redirect: 'error',
    signal: AbortSignal.timeout(fetchTimeoutMs),
  })
  const discovery: { issuer?: unknown; jwks_uri?: unknown } = JSON.parse(await response.text())
  if (!response.ok || discovery.issuer !== issuer)
    throw new Error('The discovery document is of another issuer.')
  return createRemoteJWKSet(new URL(String(discovery.jwks_uri)), {
    timeoutDuration: fetchTimeoutMs,
    cooldownDuration: refetchAfterMs,
    cacheMaxAge: keysMaxAgeMs,
  })
}
