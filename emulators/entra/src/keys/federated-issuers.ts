import { type CryptoKey, importJWK, type JWK } from 'jose'
import type { Clock } from '../clock.ts'
import { refusal } from '../errors/entra-error.ts'

const fetchTimeoutMs = 5_000
const maxBodyBytes = 256 * 1024
const maxIssuers = 32
const cacheMs = 10 * 60_000
/** An unknown key id makes the keys be fetched anew, but not more often than this. */
const refetchAfterMs = 2_000

interface PublishedKeys {
  readonly keys: readonly JWK[]
  readonly fetchedAtMs: number
}

/** The published keys of the issuers whose tokens are accepted as federated credentials. */
export class FederatedIssuers {
  readonly #clock: Clock
  readonly #cache = new Map<string, Promise<PublishedKeys>>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The issuer's key with this id, found by way of its discovery document. */
  async findKey(issuer: string, kid: string | undefined): Promise<CryptoKey | Uint8Array> {
    let published = await this.#keysOf(issuer, cacheMs)
    let key = pick(published, kid)
    if (!key) {
      published = await this.#keysOf(issuer, refetchAfterMs)
      key = pick(published, kid)
    }
    if (!key) throw refusal(7000272, { key: kid ?? '', issuer })
    try {
      return await importJWK(key, 'RS256')
    } catch {
      throw refusal(7000272, { key: kid ?? '', issuer })
    }
  }

  async #keysOf(issuer: string, maxAgeMs: number): Promise<PublishedKeys> {
    const cached = await this.#cache.get(issuer)?.catch(() => undefined)
    const now = this.#clock.nowMs()
    if (cached && Math.abs(now - cached.fetchedAtMs) < maxAgeMs) return cached
    const fetched = fetchKeys(issuer).then(keys => ({ keys, fetchedAtMs: now }))
    this.#cache.delete(issuer)
    this.#cache.set(issuer, fetched)
    for (const oldest of this.#cache.keys()) {
      if (this.#cache.size <= maxIssuers) break
      this.#cache.delete(oldest)
    }
    try {
      return await fetched
    } catch {
      this.#cache.delete(issuer)
      throw refusal(50166, { issuer })
    }
  }
}

function pick({ keys }: PublishedKeys, kid: string | undefined): JWK | undefined {
  return keys.find(key => key.kid === kid && key.kty === 'RSA' && (key.use ?? 'sig') === 'sig')
}

async function fetchKeys(issuer: string): Promise<readonly JWK[]> {
  const discovery = await fetchJson(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`)
  if (discovery['issuer'] !== issuer) throw new Error('The discovery document is of another issuer.')
  if (typeof discovery['jwks_uri'] !== 'string') throw new Error('The discovery document names no keys.')
  const { keys } = await fetchJson(discovery['jwks_uri'])
  if (!Array.isArray(keys)) throw new Error('The key set holds no keys.')
  return keys
}

async function fetchJson(url: string): Promise<Record<string, unknown>> {
  const response = await fetch(url, {
    redirect: 'error',
    signal: AbortSignal.timeout(fetchTimeoutMs),
  })
  if (!response.ok) throw new Error(`${url} answered ${response.status}.`)
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength
    if (size > maxBodyBytes) throw new Error(`${url} answered too much.`)
    chunks.push(chunk)
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8'))
}
