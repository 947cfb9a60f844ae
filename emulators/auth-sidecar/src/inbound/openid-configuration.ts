import { importJWK, type JWK } from 'jose'
import { request } from 'undici'
import type { Clock } from '../clock.ts'

export type SigningKey = Readonly<Awaited<ReturnType<typeof importIfUsable>>[number]>

export interface OpenIdConfiguration {
  readonly issuer: string
  readonly keys: readonly SigningKey[]
}

const automaticRefreshMs = 12 * 3_600_000
const minRefreshMs = 5 * 60_000
const refreshDelayMs = 1000
const attemptTimeoutMs = 100_000

/**
 * Discovery document and keys of one issuer, cached as Microsoft.IdentityModel does: renewed after twelve hours, or once in five
 * minutes on request, in the background after one second, unless a token arrives, which starts the renewal and waits for it.
 */
export class ConfigurationSource {
  readonly #address: string
  readonly #clock: Clock
  #current: OpenIdConfiguration | undefined
  #fetchedAtMs = 0
  #requestedAtMs = Number.NEGATIVE_INFINITY
  #firstFetch: Promise<void> | undefined
  #renewal: Promise<void> | undefined
  #renewalDue = false

  constructor(address: string, clock: Clock) {
    this.#address = address
    this.#clock = clock
  }

  /** The configuration; `undefined` until a fetch has succeeded. */
  async get(): Promise<OpenIdConfiguration | undefined> {
    if (!this.#current) await this.#fetchFirst()
    else if (this.#renewalDue) await this.#renew()
    else if (this.#clock.nowMs() - this.#fetchedAtMs > automaticRefreshMs) void this.#renew()
    return this.#current
  }

  requestRefresh(): void {
    const now = this.#clock.nowMs()
    if (this.#renewal || now - this.#requestedAtMs < minRefreshMs) return
    this.#requestedAtMs = now
    this.#renewalDue = true
    setTimeout(() => this.#renewalDue && this.#renew(), refreshDelayMs).unref()
  }

  /** A caller waits for a fetch that is under way, and starts its own fetch if that one fails. */
  async #fetchFirst(): Promise<void> {
    while (this.#firstFetch) await this.#firstFetch
    if (this.#current) return
    this.#firstFetch = this.#fetch()
    await this.#firstFetch
    this.#firstFetch = undefined
  }

  async #renew(): Promise<void> {
    this.#renewalDue = false
    this.#renewal ??= this.#fetch()
    await this.#renewal
    this.#renewal = undefined
  }

  /** On failure the old configuration stays. */
  async #fetch(): Promise<void> {
    try {
      const { issuer, jwks_uri: keysAddress } = await fetchDocument(this.#address)
      const { keys } = await fetchDocument(String(keysAddress))
      const read = await Promise.all(Array.isArray(keys) ? keys.map(importIfUsable) : [])
      this.#current = { issuer: String(issuer), keys: read.flat() }
      this.#fetchedAtMs = this.#clock.nowMs()
    } catch {}
  }
}

/** Fetches a JSON object. After a 503 or 408 it tries once more, without delay. */
async function fetchDocument(url: string, isLastTry = false): Promise<Readonly<Record<string, unknown>>> {
  const { statusCode, body } = await request(url, { signal: AbortSignal.timeout(attemptTimeoutMs) })
  const text = await body.text()
  if (statusCode === 200) return Object(JSON.parse(text))
  if (!isLastTry && (statusCode === 503 || statusCode === 408)) return fetchDocument(url, true)
  throw new Error(`${url} responded with ${statusCode}.`)
}

/** A published key, and the issuer whose tokens it may sign, as Entra publishes it with the key. It may contain `{tenantid}`. */
async function importIfUsable(jwk: JWK & { issuer?: string }) {
  try {
    return [{ kid: jwk.kid, key: await importJWK(jwk, jwk.alg ?? 'RS256'), issuer: jwk.issuer }]
  } catch {
    return []
  }
}
