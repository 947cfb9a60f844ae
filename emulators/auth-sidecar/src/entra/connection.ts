import { randomBytes, randomUUID } from 'node:crypto'
import { LinkedAbort } from '@entra-agents/service-kit'
import { LRUCache } from 'lru-cache'
import { request } from 'undici'
import type { Clock } from '../clock.ts'
import { EntraRefusalError, type EntraResponse, readGrant, type TokenGrant } from './responses.ts'

const attemptTimeoutMs = 100_000
const retryDelayMs = 1000
const longestRetryAfterMs = 3_600_000

const libraryHeaders = {
  'x-client-sku': 'MSAL.NetCore',
  'x-client-ver': '4.87.0.0',
  'x-client-brkrver': 'IDWeb.4.14.2.0',
  'x-client-os': 'Linux',
  'return-client-request-id': 'true',
}

const tokenHeaders = {
  'content-type': 'application/x-www-form-urlencoded',
  'x-client-current-telemetry': '5|1004,2,,,|1,0,1,,,',
  'x-ms-lib-capability': 'retry-after, h429',
}

/** Correlates requests to Entra with the call that caused them. */
export interface TraceContext {
  /** Sent as `client-request-id`. Default: a random one. */
  readonly correlationId?: string | undefined
  readonly traceparent: string | undefined
  /** Aborts when the caller hangs up. */
  readonly signal: AbortSignal
}

class EntraTimeoutError extends EntraRefusalError {
  override readonly name = 'EntraTimeoutError'
}

/**
 * Requests to one authority host, as MSAL makes them, with one retry where that may help. Until the time of a `Retry-After` has
 * passed, requests with the same application, authority and scopes are refused locally.
 */
export class EntraConnection {
  readonly #instance: string
  readonly #clock: Clock
  readonly #refusals = new LRUCache<string, { refusal: EntraRefusalError; untilMs: number }>({ max: 10_000 })
  #discovered = false

  constructor(instance: string, clock: Clock) {
    this.#instance = instance
    this.#clock = clock
  }

  tokenEndpoint(tenant: string): string {
    return `${this.#instance}/${tenant}/oauth2/v2.0/token`
  }

  /** Asks whether Entra knows the authority, until the answer is positive; a failure is ignored, and the authority used as it is. */
  async discoverInstance(tenant: string, trace: TraceContext): Promise<void> {
    if (this.#discovered) return
    const authorize = encodeURIComponent(`${this.#instance}/${tenant}/oauth2/v2.0/authorize`)
    const url = `${this.#instance}/common/discovery/instance?api-version=1.1&authorization_endpoint=${authorize}`
    const headers = { ...libraryHeaders, ...traceHeaders(trace) }
    const response = await this.#sendWithRetry(url, { headers }, trace.signal).catch(() => undefined)
    this.#discovered = response?.status === 200
  }

  /** @throws {EntraRefusalError} if Entra refuses, is down or too slow, or if the time of a `Retry-After` has not passed */
  async requestToken(
    tenant: string,
    form: URLSearchParams,
    trace: TraceContext,
    extraHeaders: Readonly<Record<string, string>>,
  ): Promise<TokenGrant> {
    const url = this.tokenEndpoint(tenant)
    const question = [form.get('client_id'), tenant, form.get('scope')].join('|')
    const remembered = this.#refusals.get(question)
    if (remembered && remembered.untilMs > this.#clock.nowMs()) throw remembered.refusal
    const headers = { ...libraryHeaders, ...tokenHeaders, ...traceHeaders(trace), ...extraHeaders }
    const response = await this.#sendWithRetry(url, { headers, body: form.toString() }, trace.signal)
    try {
      return readGrant(response, url)
    } catch (error) {
      if (error instanceof EntraRefusalError) this.#remember(question, error, response)
      throw error
    }
  }

  #remember(question: string, refusal: EntraRefusalError, response: EntraResponse): void {
    const waitMs = this.#retryAfterMs(response)
    if (waitMs === undefined) return
    const untilMs = this.#clock.nowMs() + Math.min(waitMs, longestRetryAfterMs)
    this.#refusals.set(question, { refusal, untilMs })
  }

  /** The wait in ms that `Retry-After` (seconds or a date, RFC 9110 §10.2.3) demands; `undefined` if it is missing or invalid. */
  #retryAfterMs({ retryAfter = '' }: EntraResponse): number | undefined {
    if (/^\d+$/.test(retryAfter)) return Number(retryAfter) * 1000
    const dateMs = Date.parse(retryAfter)
    return Number.isNaN(dateMs) ? undefined : dateMs - this.#clock.nowMs()
  }

  /** Retries once, a second later, after a 5xx without `Retry-After` or after a time-out. */
  async #sendWithRetry(url: string, content: RequestContent, signal: AbortSignal): Promise<EntraResponse> {
    try {
      const response = await this.#send(url, content, signal)
      if (response.status < 500 || this.#retryAfterMs(response) !== undefined) return response
    } catch (error) {
      if (!(error instanceof EntraTimeoutError)) throw error
    }
    await this.#clock.sleep(retryDelayMs, signal)
    return this.#send(url, content, signal)
  }

  async #send(url: string, { headers, body }: RequestContent, signal: AbortSignal): Promise<EntraResponse> {
    using attempt = new LinkedAbort(signal)
    const { signal: stop } = attempt
    const tooLate = `Request to the endpoint timed out. CorrelationId: ${headers['client-request-id']}`
    const expiry = this.#clock.sleep(attemptTimeoutMs, stop).then(
      () => attempt.abort(new EntraTimeoutError(tooLate)),
      () => undefined,
    )
    try {
      const method = body === undefined ? 'GET' : 'POST'
      const response = await request(url, { method, headers, body: body ?? null, signal: stop })
      const retryAfter = [response.headers['retry-after']].flat()[0]
      return { status: response.statusCode, retryAfter, body: await response.body.text() }
    } finally {
      attempt.abort('The attempt is over.')
      await expiry
    }
  }
}

interface RequestContent {
  readonly headers: Readonly<Record<string, string>>
  /** If set, the request is a POST, otherwise a GET. */
  readonly body?: string
}

/** Continues the caller's trace, or begins one, with a new span id (W3C Trace Context). */
function traceHeaders({ correlationId = randomUUID(), traceparent = '' }: TraceContext) {
  const [, traceId = randomBytes(16).toString('hex'), flags = '00'] =
    /^00-([0-9a-f]{32})-[0-9a-f]{16}-([0-9a-f]{2})$/.exec(traceparent) ?? []
  const span = randomBytes(8).toString('hex')
  return { traceparent: `00-${traceId}-${span}-${flags}`, 'client-request-id': correlationId }
}
