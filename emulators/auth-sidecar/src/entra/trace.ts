import { randomBytes } from 'node:crypto'

/** What ties requests to Entra to the call that caused them. */
export interface TraceContext {
  /** Sent as `client-request-id`; one is made up when the caller gave none. */
  readonly correlationId: string | undefined
  /** W3C trace context of the caller. */
  readonly traceparent: string | undefined
  /** Aborts when the caller hangs up. */
  readonly signal: AbortSignal
}

/** A caller's `traceparent` handed on: the same trace, a span of our own (W3C Trace Context). */
export function continueTrace(traceparent: string | undefined): Readonly<Record<string, string>> {
  const [, traceId, flags] = /^00-([0-9a-f]{32})-[0-9a-f]{16}-([0-9a-f]{2})$/.exec(traceparent ?? '') ?? []
  return traceId && flags ? { traceparent: `00-${traceId}-${randomBytes(8).toString('hex')}-${flags}` } : {}
}
