import { createPublicKey, type KeyObject } from 'node:crypto'
import type { FastifyBaseLogger } from 'fastify'
import type { FetchJson } from '../outbound/fetch-json.ts'

const fetchTimeoutMs = 5_000
const mostKeys = 50
const fewestModulusBits = 2048

export interface KeyTiming {
  /** How long no other fetch is made after one that did not bring the wanted key. */
  readonly coolDownMs: number
  /** How long no other fetch is made after one that failed. */
  readonly retryAfterMs: number
  /** Age at which keys are fetched again in the background. */
  readonly refreshAfterMs: number
  /** Age at which keys that could not be refreshed are given up. */
  readonly keepForMs: number
}

const hourMs = 60 * 60 * 1000
export const defaultKeyTiming: KeyTiming = {
  coolDownMs: 10_000,
  retryAfterMs: 2_000,
  refreshAfterMs: hourMs,
  keepForMs: 24 * hourMs,
}

export interface SigningKeysOptions {
  readonly url: URL
  readonly fetchJson: FetchJson
  readonly log: Pick<FastifyBaseLogger, 'info' | 'warn'>
  readonly timing?: Partial<KeyTiming>
  readonly now?: () => number
}

/** The keys are out of reach, so nothing can be said about the token. */
export class SigningKeysUnavailableError extends Error {
  override readonly name = 'SigningKeysUnavailableError'
}

/**
 * The published signing keys of one issuer, by key id.
 *
 * The whole set is fetched at once and by one request at a time, so no flood of invented key ids can hide a new key or
 * flood the issuer: a fetch that did not help is followed by a cool-down. Known keys go on working through an outage
 * of the issuer, for a bounded time. A key that the issuer has withdrawn is gone with the next fetch.
 */
export class SigningKeys {
  readonly #options: Required<Omit<SigningKeysOptions, 'timing'>>
  readonly #timing: KeyTiming
  #keys: ReadonlyMap<string, KeyObject> = new Map()
  #fetchedAt = Number.NEGATIVE_INFINITY
  #coolUntil = Number.NEGATIVE_INFINITY
  #lastFailure: unknown
  #fetching: Promise<void> | undefined

  constructor(options: SigningKeysOptions) {
    this.#options = { now: Date.now, ...options }
    this.#timing = { ...defaultKeyTiming, ...options.timing }
  }

  /** The public key of a key id if it is at hand. Never waits; renews ageing keys in the background. */
  peek(kid: string): KeyObject | undefined {
    const { now } = this.#options
    const age = now() - this.#fetchedAt
    if (age >= this.#timing.keepForMs) return undefined
    if (age >= this.#timing.refreshAfterMs && now() >= this.#coolUntil) void this.#fetchOnce()
    return this.#keys.get(kid)
  }

  /**
   * The public key of a key id, fetched if need be; `undefined` if the issuer does not publish such a key.
   *
   * @throws {SigningKeysUnavailableError} when that cannot be found out now
   */
  async find(kid: string): Promise<KeyObject | undefined> {
    const known = this.peek(kid)
    if (known !== undefined) return known
    const { now } = this.#options
    if (this.#fetching || now() >= this.#coolUntil) {
      await this.#fetchOnce()
      const fetched = this.peek(kid)
      if (fetched !== undefined) return fetched
      if (this.#lastFailure === undefined) this.#coolUntil = now() + this.#timing.coolDownMs
    }
    if (this.#lastFailure !== undefined || now() - this.#fetchedAt >= this.#timing.keepForMs) {
      throw new SigningKeysUnavailableError('The signing keys could not be fetched.', {
        cause: this.#lastFailure,
      })
    }
    return undefined
  }

  #fetchOnce(): Promise<void> {
    this.#fetching ??= this.#fetch().finally(() => {
      this.#fetching = undefined
    })
    return this.#fetching
  }

  async #fetch(): Promise<void> {
    const { url, fetchJson, log, now } = this.#options
    try {
      this.#keys = readKeySet(await fetchJson(url, fetchTimeoutMs))
      this.#fetchedAt = now()
      this.#lastFailure = undefined
      log.info({ keyIds: [...this.#keys.keys()] }, 'Signing keys fetched.')
    } catch (error) {
      this.#lastFailure = error
      this.#coolUntil = now() + this.#timing.retryAfterMs
      log.warn({ err: error }, 'Signing keys could not be fetched.')
    }
  }
}

/** RSA signing keys of a JWK set (RFC 7517); others are left out, a set without any is an error. */
function readKeySet(document: unknown): ReadonlyMap<string, KeyObject> {
  const entries = isRecord(document) && Array.isArray(document['keys']) ? document['keys'] : []
  const keys = new Map<string, KeyObject>()
  for (const entry of entries.slice(0, mostKeys)) {
    const key = readKey(entry)
    if (key) keys.set(...key)
  }
  if (keys.size === 0) throw new Error('The key set holds no RSA signing key.')
  return keys
}

function readKey(jwk: unknown): [kid: string, key: KeyObject] | undefined {
  if (!isRecord(jwk) || typeof jwk['kid'] !== 'string' || jwk['kty'] !== 'RSA') return undefined
  if (jwk['use'] !== undefined && jwk['use'] !== 'sig') return undefined
  if (jwk['alg'] !== undefined && jwk['alg'] !== 'RS256') return undefined
  const { kty, n, e } = jwk
  if (typeof n !== 'string' || typeof e !== 'string') return undefined
  try {
    const key = createPublicKey({ key: { kty, n, e }, format: 'jwk' })
    if ((key.asymmetricKeyDetails?.modulusLength ?? 0) < fewestModulusBits) return undefined
    return [jwk['kid'], key]
  } catch {
    return undefined
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
