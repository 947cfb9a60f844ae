import { createPublicKey, type KeyObject } from 'node:crypto'
import type { FastifyBaseLogger } from 'fastify'
import buildGetJwks, { type GetJwks, type JWK } from 'get-jwks'
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import type { FetchJson } from '../outbound/fetch-json.ts'
import { problem } from '../problems.ts'
import { ReplayDispatcher } from './replay-dispatcher.ts'

const keySetPath = 'discovery/v2.0/keys'
const fetchTimeoutMs = 5_000

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
const defaultTiming: KeyTiming = {
  coolDownMs: 10_000,
  retryAfterMs: 2_000,
  refreshAfterMs: hourMs,
  keepForMs: 24 * hourMs,
}

export interface SigningKeysOptions {
  /** Entra publishes the keys of a tenant below this. */
  readonly issuer: string
  readonly fetchJson: FetchJson
  readonly log: Pick<FastifyBaseLogger, 'info' | 'warn'>
  readonly now: () => number
  readonly timing?: Partial<KeyTiming>
}

const KeySet = Compile(Type.Object({ keys: Type.Array(Type.Unknown()) }))

/** An RSA signing key (RFC 7518 §6.3.1) of at least 2048 bits, which take 342 characters. */
const SigningKey = Compile(
  Type.Object({
    kid: Type.String({ minLength: 1 }),
    kty: Type.Literal('RSA'),
    use: Type.Optional(Type.Literal('sig')),
    alg: Type.Optional(Type.Literal('RS256')),
    n: Type.String({ pattern: '^[\\w-]{342,}$' }),
    e: Type.String({ pattern: '^[\\w-]{2,}$' }),
  }),
)

/**
 * The published signing keys of one tenant, by key id.
 *
 * get-jwks selects and caches them, one get-jwks for each state of the set: by itself it fetches the set without a
 * time-out for every id it does not know, and gives out withdrawn keys for as long as they are asked for. Here the whole
 * set is fetched, by one request at a time, so no flood of invented key ids can hide a new key or flood the issuer: a
 * fetch that did not help is followed by a cool-down. Known keys go on working through an outage of the issuer, for a
 * bounded time. A key that the issuer has withdrawn is gone with the next fetch.
 */
export class SigningKeys {
  readonly #options: SigningKeysOptions
  readonly #timing: KeyTiming
  readonly #parsed = new WeakMap<JWK, KeyObject>()
  #getJwks: GetJwks
  #keyIds: ReadonlySet<string> = new Set()
  #fetchedAt = Number.NEGATIVE_INFINITY
  #coolUntil = Number.NEGATIVE_INFINITY
  #failure: unknown
  #fetching: Promise<void> | undefined

  constructor(options: SigningKeysOptions) {
    this.#options = options
    this.#timing = { ...defaultTiming, ...options.timing }
    this.#getJwks = createGetJwks(options.issuer, [])
  }

  /**
   * The public key of a key id, fetched if need be; `undefined` if the issuer does not publish such a key.
   *
   * @throws {ProblemError} SIGNING_KEYS_UNAVAILABLE when that cannot be found out now
   */
  async find(kid: string): Promise<KeyObject | undefined> {
    const { now } = this.#options
    if (this.#has(kid)) return await this.#select(kid)
    if (this.#fetching || now() >= this.#coolUntil) {
      await this.#fetchOnce()
      if (this.#has(kid)) return await this.#select(kid)
      if (this.#failure === undefined) this.#coolUntil = now() + this.#timing.coolDownMs
    }
    if (this.#failure === undefined) return undefined
    throw problem('SIGNING_KEYS_UNAVAILABLE', 'The signing keys could not be fetched.', {
      cause: this.#failure,
      upstream: { service: 'entra' },
      headers: { 'retry-after': '5' },
    })
  }

  /** Never waits; renews an ageing set in the background. */
  #has(kid: string): boolean {
    const { now } = this.#options
    const ageMs = now() - this.#fetchedAt
    if (ageMs >= this.#timing.keepForMs) return false
    if (ageMs >= this.#timing.refreshAfterMs && now() >= this.#coolUntil) void this.#fetchOnce()
    return this.#keyIds.has(kid)
  }

  async #select(kid: string): Promise<KeyObject> {
    const jwk = await this.#getJwks.getJwk({ domain: this.#options.issuer, alg: 'RS256', kid })
    const key = this.#parsed.get(jwk) ?? createPublicKey({ key: jwk, format: 'jwk' })
    this.#parsed.set(jwk, key)
    return key
  }

  #fetchOnce(): Promise<void> {
    this.#fetching ??= this.#fetch().finally(() => {
      this.#fetching = undefined
    })
    return this.#fetching
  }

  async #fetch(): Promise<void> {
    const { issuer, fetchJson, log, now } = this.#options
    try {
      const keys = readSigningKeys(await fetchJson(new URL(`${issuer}/${keySetPath}`), fetchTimeoutMs))
      this.#getJwks = createGetJwks(issuer, keys)
      this.#keyIds = new Set(keys.map(({ kid }) => kid))
      this.#fetchedAt = now()
      this.#failure = undefined
      log.info({ keyIds: [...this.#keyIds] }, 'Signing keys fetched.')
    } catch (error) {
      this.#failure = error
      this.#coolUntil = now() + this.#timing.retryAfterMs
      log.warn({ err: error }, 'Signing keys could not be fetched.')
    }
  }
}

/** The RSA signing keys of a JWK set (RFC 7517); others are left out, a set without any is an error. */
function readSigningKeys(document: unknown) {
  const entries = KeySet.Check(document) ? document.keys : []
  const keys = entries.filter(entry => SigningKey.Check(entry))
  if (keys.length === 0) throw new Error('The key set holds no RSA signing key.')
  return keys
}

function createGetJwks(issuer: string, keys: readonly unknown[]): GetJwks {
  const dispatcher = new ReplayDispatcher(JSON.stringify({ keys }))
  // Assigned, since the types of Node's own fetch know undici in another release.
  const fetchOptions = Object.assign<RequestInit, object>({}, { dispatcher })
  return buildGetJwks({ issuersWhitelist: [issuer], jwksPath: keySetPath, fetchOptions })
}
