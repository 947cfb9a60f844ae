import { randomUUID } from 'node:crypto'
import type { Clock } from '../clock.ts'
import { EntraRefusalError, EntraTimeoutError } from './failures.ts'
import { EntraHttpClient } from './http-client.ts'
import { readGrant, type TokenGrant } from './token-endpoint.ts'

/** What ties requests to Entra to the call that caused them. */
export interface TraceContext {
  /** Sent as `client-request-id`; one is made up when the caller gave none. */
  readonly correlationId: string | undefined
  /** W3C trace context of the caller. */
  readonly traceparent: string | undefined
  /** Aborts when the caller hangs up. */
  readonly signal: AbortSignal
}

const libraryHeaders = {
  accept: 'application/json',
  'x-client-sku': 'MSAL.CoreCLR',
  'x-client-ver': '4.87.0.0',
  'x-client-os': 'Linux',
}

/** One authority host: instance discovery and token endpoint, spoken to as MSAL does. */
export class EntraConnection {
  readonly #instance: string
  readonly #http: EntraHttpClient
  #discovered = false

  constructor(instance: string, clock: Clock) {
    this.#instance = instance
    this.#http = new EntraHttpClient(clock)
  }

  tokenEndpoint(tenant: string): string {
    return `${this.#instance}/${tenant}/oauth2/v2.0/token`
  }

  /** Asks once per process whether the authority is one that Entra knows. */
  async discoverInstance(tenant: string, trace: TraceContext): Promise<void> {
    if (this.#discovered) return
    const authorize = `${this.#instance}/${tenant}/oauth2/v2.0/authorize`
    const url = `${this.#instance}/common/discovery/instance?api-version=1.1&authorization_endpoint=${encodeURIComponent(authorize)}`
    await this.#http.sendWithRetry({ method: 'GET', url, headers: headersOf(trace) }, trace.signal)
    this.#discovered = true
  }

  /**
   * @throws {EntraRefusalError} when Entra refused, was down or did not answer in time.
   */
  async requestToken(
    tenant: string,
    form: URLSearchParams,
    trace: TraceContext,
    extraHeaders: Readonly<Record<string, string>>,
  ): Promise<TokenGrant> {
    const url = this.tokenEndpoint(tenant)
    const headers = {
      ...headersOf(trace),
      ...extraHeaders,
      'content-type': 'application/x-www-form-urlencoded',
      'x-client-current-telemetry': '5|1004,0,,,|,,,,',
      'x-client-last-telemetry': '5|0|||',
      'x-ms-lib-capability': 'retry-after, h429',
    }
    try {
      const answer = await this.#http.sendWithRetry(
        { method: 'POST', url, headers, body: form.toString() },
        trace.signal,
      )
      return readGrant(answer, url)
    } catch (error) {
      if (!(error instanceof EntraTimeoutError)) throw error
      throw new EntraRefusalError(
        `Request to the endpoint timed out. CorrelationId: ${headers['client-request-id']}`,
      )
    }
  }

  async close(): Promise<void> {
    await this.#http.close()
  }
}

function headersOf({ correlationId, traceparent }: TraceContext) {
  return {
    ...libraryHeaders,
    ...(traceparent ? { traceparent } : {}),
    'client-request-id': correlationId ?? randomUUID(),
    'return-client-request-id': 'true',
  }
}
