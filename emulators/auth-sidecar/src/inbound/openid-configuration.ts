import { createPublicKey, type KeyObject } from 'node:crypto'
import { Agent, request } from 'undici'
import type { Clock } from '../clock.ts'
import { type JsonObject, parseJsonObject } from '../json.ts'

export interface SigningKey {
  readonly kid: string | undefined
  readonly key: KeyObject
  /** Whose tokens the key may sign, possibly with `{tenantid}` in it; Entra says so for each key. */
  readonly issuer: string | undefined
}

export interface OpenIdConfiguration {
  readonly issuer: string
  readonly keys: readonly SigningKey[]
}

const automaticRefreshMs = 12 * 3_600_000
const leastRefreshMs = 5 * 60_000
const refreshDelayMs = 1000
const attempts = 2

/** Fetches JSON documents; a 503 or 408 gets one more try at once. */
export class DocumentRetriever {
  readonly #agent = new Agent({ keepAliveTimeout: 60_000, headersTimeout: 100_000, bodyTimeout: 100_000 })

  /** @throws when there is no document at the address. */
  async fetch(url: string): Promise<JsonObject> {
    for (let attempt = 1; ; attempt++) {
      const { statusCode, body } = await request(url, { dispatcher: this.#agent })
      const text = await body.text()
      if (statusCode >= 200 && statusCode < 300)
        return parseJsonObject(text) ?? fail(`${url} holds no JSON object.`)
      if (attempt === attempts || (statusCode !== 503 && statusCode !== 408)) {
        fail(`${url} answered ${statusCode}.`)
      }
    }
  }

  async close(): Promise<void> {
    await this.#agent.destroy()
  }
}

/**
 * Discovery document and keys of one issuer, as Microsoft.IdentityModel keeps them: fetched on first use, renewed every
 * twelve hours or on request, but on request not more often than every five minutes. A renewal on request never holds
 * up the answer that asked for it: it comes with the next token, at the latest a second later.
 */
export class ConfigurationSource {
  readonly #address: string
  readonly #retriever: DocumentRetriever
  readonly #clock: Clock
  #current: OpenIdConfiguration | undefined
  #fetchedAtMs = 0
  #requestedAtMs = Number.NEGATIVE_INFINITY
  #firstFetch: Promise<void> | undefined
  #renewal: Promise<void> | undefined
  #renewalDue = false

  constructor(address: string, retriever: DocumentRetriever, clock: Clock) {
    this.#address = address
    this.#retriever = retriever
    this.#clock = clock
  }

  /** @throws when there has never been a configuration and there is none now either. */
  async get(): Promise<OpenIdConfiguration> {
    if (!this.#current) await this.#fetchFirst()
    else if (this.#renewalDue) await this.#renew()
    else if (this.#clock.now() - this.#fetchedAtMs > automaticRefreshMs) void this.#renew()
    return this.#current ?? fail(`There is no configuration at ${this.#address}.`)
  }

  requestRefresh(): void {
    const now = this.#clock.now()
    if (this.#renewal || now - this.#requestedAtMs < leastRefreshMs) return
    this.#requestedAtMs = now
    this.#renewalDue = true
    setTimeout(() => this.#renewalDue && this.#renew(), refreshDelayMs).unref()
  }

  async #fetchFirst(): Promise<void> {
    while (this.#firstFetch) await this.#firstFetch.catch(() => undefined)
    if (this.#current) return
    this.#firstFetch = this.#fetch().finally(() => {
      this.#firstFetch = undefined
    })
    await this.#firstFetch
  }

  async #renew(): Promise<void> {
    this.#renewalDue = false
    this.#renewal ??= this.#fetch()
      .catch(() => undefined)
      .finally(() => {
        this.#renewal = undefined
      })
    await this.#renewal
  }

  async #fetch(): Promise<void> {
    const document = await this.#retriever.fetch(this.#address)
    const { issuer, jwks_uri: keysAddress } = document
    if (typeof keysAddress !== 'string') fail(`${this.#address} names no jwks_uri.`)
    const { keys } = await this.#retriever.fetch(keysAddress)
    this.#current = {
      issuer: typeof issuer === 'string' ? issuer : '',
      keys: Array.isArray(keys) ? keys.flatMap(readKey) : [],
    }
    this.#fetchedAtMs = this.#clock.now()
  }
}

function readKey(jwk: JsonObject): readonly SigningKey[] {
  try {
    const key = createPublicKey({ key: { ...jwk }, format: 'jwk' })
    return [{ kid: optionalText(jwk['kid']), key, issuer: optionalText(jwk['issuer']) }]
  } catch {
    return []
  }
}

function optionalText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function fail(message: string): never {
  throw new Error(message)
}
