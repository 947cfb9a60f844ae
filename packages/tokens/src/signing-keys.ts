import { openConnections } from '@entra-agents/service-kit/send'
import buildGetJwks, { type JWK } from 'get-jwks'
import { cacheStores, Dispatcher1Wrapper, interceptors } from 'undici'
import { cacheForSeconds } from './cache-for-seconds.ts'
import type { DecodedToken } from './decode-token.ts'
import { readPublicKey } from './public-key.ts'
import { SigningKeysUnavailable } from './token-refused.ts'

const keySetPath = 'discovery/v2.0/keys'
const fetchTimeoutMs = 5_000
/** Size limit of a key set, both as sent and decompressed. Entra's key set has about 20 KiB. */
const largestKeySetBytes = 512 * 1024
/** How long a key set without the wanted key is cached. */
const keySetLifetimeSeconds = 10
/** How long no keys are fetched after a failed fetch. */
const retryAfterMs = 2_000

const hourMs = 60 * 60 * 1000
/** Age at which a key is looked up again in the background. */
const refreshAfterMs = hourMs
/** Age at which a key is dropped if it could not be looked up again. */
const keepForMs = 24 * hourMs

/**
 * Verifies a token with one key.
 *
 * @throws {TokenRefused} when that key did not sign it
 */
export type Verify = (token: string) => DecodedToken

interface KnownKey {
  readonly verify: Verify
  readonly refreshAt: number
  readonly giveUpAt: number
}

export interface SigningKeysOptions {
  /** The URL below which Entra publishes the tenant's keys. */
  readonly issuer: string
  readonly log: { warn(fields: object, message: string): void }
  /** Makes a verifier from a public key in PEM. */
  readonly createVerifier: (publicKey: string) => Verify
}

/**
 * The published signing keys of one tenant, by key id.
 *
 * Each look-up has its own get-jwks: a shared one would keep giving out withdrawn keys, and its time-out would run only once.
 * Requests at the same time are joined. A key set without the wanted key is kept for some seconds: long enough that invented
 * key ids do not flood the issuer, short enough that a new key is soon seen. Known keys go on working through an outage, for a bounded time.
 */
export class SigningKeys {
  readonly #options: SigningKeysOptions
  readonly #keySetUrl: URL
  readonly #keySets = new cacheStores.MemoryCacheStore()
  readonly #connections = openConnections({ maxResponseSize: largestKeySetBytes })
  /** For the fetch that is built into Node, whose undici is of another major version. */
  readonly #dispatcher: Dispatcher1Wrapper
  readonly #known = new Map<string, KnownKey>()
  readonly #running = new Map<string, Promise<Verify | undefined>>()
  #pausedUntil = 0
  #failure: unknown

  constructor(options: SigningKeysOptions) {
    this.#options = options
    this.#keySetUrl = new URL(`${options.issuer}/${keySetPath}`)
    this.#dispatcher = new Dispatcher1Wrapper(
      this.#connections.compose(
        // Limits the size of the decompressed key set, too: decompression by fetch has no limit.
        interceptors.decompress({ maxSize: largestKeySetBytes, skipErrorResponses: false }),
        cacheForSeconds(keySetLifetimeSeconds),
        interceptors.deduplicate(),
        interceptors.cache({ store: this.#keySets }),
      ),
    )
  }

  /**
   * The verifier for a key id; fetches the key if necessary. `undefined` if the issuer does not publish such a key.
   *
   * @throws {SigningKeysUnavailable} when the keys cannot be fetched
   */
  async find(kid: string): Promise<Verify | undefined> {
    const now = Date.now()
    const known = this.#known.get(kid)
    if (known === undefined || now >= known.giveUpAt) return await this.#lookUp(kid)
    if (now >= known.refreshAt) this.#lookUp(kid).catch(() => undefined)
    return known.verify
  }

  /** Aborts pending fetches. */
  async close(): Promise<void> {
    await this.#connections.destroy()
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
      // Looks up the other known keys in the same key set, so that withdrawn keys are dropped.
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
    if (Date.now() < this.#pausedUntil) throw new SigningKeysUnavailable(this.#keySetUrl.href, this.#failure)
    const signal = AbortSignal.timeout(fetchTimeoutMs)
    // Uses Object.assign, since the types of Node's fetch come with another release of undici.
    const fetchOptions = Object.assign<RequestInit, object>(
      { redirect: 'error', signal },
      { dispatcher: this.#dispatcher },
    )
    const { getJwk } = buildGetJwks({ jwksPath: keySetPath, fetchOptions })
    // Called outside of the try, since an error that getJwk throws at once is no failed fetch.
    const jwk = getJwk({ domain: issuer, alg: 'RS256', kid })
    try {
      return await jwk
    } catch (error) {
      const { code, message, cause } = error as NodeJS.ErrnoException
      if (code === 'JWK_NOT_FOUND') return undefined
      const reason = cause instanceof Error ? cause.message : message
      if (Date.now() >= this.#pausedUntil) log.warn({ reason }, 'Signing keys could not be fetched.')
      this.#pausedUntil = Date.now() + retryAfterMs
      this.#failure = error
      throw new SigningKeysUnavailable(this.#keySetUrl.href, error)
    }
  }
}
