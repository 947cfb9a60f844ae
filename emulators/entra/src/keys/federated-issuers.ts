import { type CompactVerifyGetKey, createRemoteJWKSet, errors } from 'jose'
import { LRUCache } from 'lru-cache'
import { refusal } from '../errors/entra-error.ts'

const fetchTimeoutMs = 5_000
/** Tokens with unknown key ids make the emulator fetch the keys at most once in this time. */
const refetchAfterMs = 2_000
const keysMaxAgeMs = 10 * 60_000

/** A function for `compactVerify` that finds the keys of an issuer of federated credentials, by its discovery document (OpenID Connect). */
export function federatedIssuers(): (issuer: string) => CompactVerifyGetKey {
  const keySets = new LRUCache<string, CompactVerifyGetKey>({ max: 32 })
  return issuer => async (header, token) => {
    try {
      const keys = keySets.get(issuer) ?? (await discoverKeys(issuer))
      keySets.set(issuer, keys)
      return await keys(header, token)
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey) throw refusal(7000272, { key: header.kid ?? '', issuer })
      throw refusal(50166, { issuer })
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
