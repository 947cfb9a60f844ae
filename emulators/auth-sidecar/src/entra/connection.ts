import { randomUUID } from 'node:crypto'
import type { Clock } from '../clock.ts'
import { parseJsonObject } from '../json.ts'
import { EntraRefusalError, EntraTimeoutError } from './failures.ts'
import { EntraHttpClient } from './http-client.ts'
import { RetryAfterThrottle } from './throttling.ts'
import { readGrant, readRefusal, type TokenGrant } from './token-endpoint.ts'
import { continueTrace, type TraceContext } from './trace.ts'

const libraryHeaders = {
  accept: 'application/json',
  'x-client-sku': 'MSAL.CoreCLR',
  'x-client-ver': '4.87.0.0',
  'x-client-os': 'Linux',
  'return-client-request-id': 'true',
}

const tokenHeaders = {
  'content-type': 'application/x-www-form-urlencoded',
  'x-client-current-telemetry': '5|1004,0,,,|,,,,',
  'x-client-last-telemetry': '5|0|||',
  'x-ms-lib-capability': 'retry-after, h429',
}

/** One authority host, spoken to as MSAL does: instance discovery and the token endpoint. */
export class EntraConnection {
  readonly #instance: string
  readonly #http: EntraHttpClient
  readonly #throttle: RetryAfterThrottle
  #discovered = false

  constructor(instance: string, clock: Clock) {
    this.#instance = instance
    this.#http = new EntraHttpClient(clock)
    this.#throttle = new RetryAfterThrottle(clock)
  }

  tokenEndpoint(tenant: string): string {
    return `${this.#instance}/${tenant}/oauth2/v2.0/token`
  }

  /**
   * Asks whether the authority is one that Entra knows; once it has answered, never again. When it cannot answer,
   * the authority is taken at its word, and asked about anew with the next request.
   *
   * @throws {EntraRefusalError} when Entra does not know the authority.
   */
  async discoverInstance(tenant: string, trace: TraceContext): Promise<void> {
    if (this.#discovered) return
    const authorize = `${this.#instance}/${tenant}/oauth2/v2.0/authorize`
    const url = `${this.#instance}/common/discovery/instance?api-version=1.1&authorization_endpoint=${encodeURIComponent(authorize)}`
    const headers = { ...libraryHeaders, ...requestHeaders(trace) }
    const answer = await this.#http
      .sendWithRetry({ method: 'GET', url, headers }, trace.signal)
      .catch(() => undefined)
    if (answer?.status === 200) this.#discovered = parseJsonObject(answer.body) !== undefined
    else if (answer && answer.status < 500) {
      const refusal = readRefusal(answer)
      if (refusal.facts.error === 'invalid_instance') throw refusal
    }
  }

  /**
   * Asks for a token.
   *
   * @throws {EntraRefusalError} when Entra refused, was down, did not answer in time, or had asked for patience before.
   */
  async requestToken(
    tenant: string,
    form: URLSearchParams,
    trace: TraceContext,
    extraHeaders: Readonly<Record<string, string>>,
  ): Promise<TokenGrant> {
    const url = this.tokenEndpoint(tenant)
    const question = [form.get('client_id'), tenant, form.get('scope')].join('|')
    this.#throttle.check(question)
    const headers = { ...libraryHeaders, ...tokenHeaders, ...requestHeaders(trace), ...extraHeaders }
    const answer = await this.#http
      .sendWithRetry({ method: 'POST', url, headers, body: form.toString() }, trace.signal)
      .catch(error => {
        if (!(error instanceof EntraTimeoutError)) throw error
        const correlationId = headers['client-request-id']
        throw new EntraRefusalError(`Request to the endpoint timed out. CorrelationId: ${correlationId}`)
      })
    try {
      return readGrant(answer, url)
    } catch (error) {
      if (error instanceof EntraRefusalError) this.#throttle.remember(question, answer, error)
      throw error
    }
  }

  async close(): Promise<void> {
    await this.#http.close()
  }
}

function requestHeaders({ correlationId, traceparent }: TraceContext) {
  return { ...continueTrace(traceparent), 'client-request-id': correlationId ?? randomUUID() }
}
