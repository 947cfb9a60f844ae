import type { FastifyBaseLogger } from 'fastify'
import buildGetJwks, { type JWK } from 'get-jwks'
import { cacheStores, type Dispatcher, interceptors } from 'undici'
import { problem } from '../problems.ts'
import { cacheForSeconds } from './cache-for-seconds.ts'
import { readPublicKey } from './public-key.ts'

const keySetPath = 'discovery/v2.0/keys'
const fetchTimeoutMs = 5_000
/** How long a key set that did not help is kept. */
const keySetLifetimeSeconds = 10
/** How long no other fetch is made after one that failed. */
const retryAfterMs = 2_000

const hourMs = 60 * 60 * 1000
/** Age at which a key is looked up again in the background. */
const refreshAfterMs = hourMs
/** Age at which a key that could not be looked up again is given up. */
const keepForMs = 24 * hourMs

/** Verifies a token by one key and returns its claims. */
export type Verify = (token: string) => Readonly<Record<string, unknown>>

interface KnownKey {
  readonly verify: Verify
  readonly refreshAt: number
  readonly giveUpAt: number
}

export interface SigningKeysOptions {
  /** Entra publishes the keys of a tenant below this. */
  readonly issuer: string
  readonly dispatcher: Dispatcher
  readonly log: Pick<FastifyBaseLogger, 'warn'>
  /** Makes a verifier of a public key in PEM. */
  readonly createVerifier: (publicKey: string) => Verify
}

/**
 * The published signing keys of one tenant, by key id.
 *
 * Each look-up is a get-jwks of its own: one that lives longer keeps giving out withdrawn keys, and can have no time-out.
 * Requests at the same time are joined, and a key set that did not help is kept for some seconds, so that invented key
 * ids can neither flood the issuer nor hide a key. Known keys go on working through an outage, for a bounded time.
 */
export class SigningKeys {
  readonly #options: SigningKeysOptions
  readonly #keySetUrl: URL
  readonly #keySets = new cacheStores.MemoryCacheStore()
  readonly #dispatcher: Dispatcher
  readonly #known = new Map<string, KnownKey>()
  readonly #running = new Map<string, Promise<Verify | undefined>>()
  #pausedUntil = 0

  constructor(options: SigningKeysOptions) {
    this.#options = options
    this.#keySetUrl = new URL(`${options.issuer}/${keySetPath}`)
    this.#dispatcher = options.dispatcher.compose(
      cacheForSeconds(keySetLifetimeSeconds),
      interceptors.deduplicate(),
      interceptors.cache({ store: this.#keySets }),
    )
  }

  /**
   * The verifier for a key id, looked up if need be; `undefined` if the issuer does not publish such a key.
   *
   * @throws {ProblemError} SIGNING_KEYS_UNAVAILABLE when that cannot be found out now
   */
  async find(kid: string): Promise<Verify | undefined> {
    const now = Date.now()
    const known = this.#known.get(kid)
    if (known === undefined || now >= known.giveUpAt) return await this.#lookUp(kid)
    if (now >= known.refreshAt) this.#lookUp(kid).catch(() => undefined)
    return known.verify
  }

  #lookUp(kid: string): Promise<Verify | undefined> {
    const running = this.#running.get(kid) ?? this.#lookUpOnce(kid).finally(() => this.#running.delete(kid))
    this.#running.set(kid, running)
    return running
  }

  async #lookUpOnce(kid: string): Promise<Verify | undefined> {
    const known = [...this.#known.keys()]
    const verify = await this.#select(kid)
    if (verify) {
      // With one key new, others may be gone, and the next new one may come at any time.
      await Promise.allSettled(known.map(other => this.#select(other)))
      const { origin, pathname: path } = this.#keySetUrl
      this.#keySets.delete({ origin, path, method: 'GET' })
    }
    return verify
  }

  async #select(kid: string): Promise<Verify | undefined> {
    const publicKey = readPublicKey(await this.#fetch(kid))
    if (publicKey === undefined) {
      this.#known.delete(kid)
      return undefined
    }
    const now = Date.now()
    const verify = this.#options.createVerifier(publicKey)
    this.#known.set(kid, { verify, refreshAt: now + refreshAfterMs, giveUpAt: now + keepForMs })
    return verify
  }

  async #fetch(kid: string): Promise<JWK | undefined> {
    const { issuer, log } = this.#options
    if (Date.now() < this.#pausedUntil) throw unavailable()
    const signal = AbortSignal.timeout(fetchTimeoutMs)
    // Assigned, since the types of Node's own fetch know undici in another release.
    const fetchOptions = Object.assign<RequestInit, object>(
      { redirect: 'error', signal },
      { dispatcher: this.#dispatcher },
    )
    const { getJwk } = buildGetJwks({ jwksPath: keySetPath, fetchOptions })
    // Before the try: what is thrown here and not by the promise was thrown before the issuer was asked.
    const jwk = getJwk({ domain: issuer, alg: 'RS256', kid })
    try {
      return await jwk
    } catch (error) {
      const { code, message, cause } = error as NodeJS.ErrnoException
      if (code === 'JWK_NOT_FOUND') return undefined
      const reason = cause instanceof Error ? cause.message : message
      if (Date.now() >= this.#pausedUntil) log.warn({ reason }, 'Signing keys could not be fetched.')
      this.#pausedUntil = Date.now() + retryAfterMs
      throw unavailable()
    }
  }
}

function unavailable() {
  return problem('SIGNING_KEYS_UNAVAILABLE', 'The signing keys could not be fetched.', {
    upstream: { service: 'entra' },
    headers: { 'retry-after': '5' },
  })
}
