import { findRefusal, type RefusalCode } from './catalogue.ts'

interface RefusalOptions {
  /** OAuth error and HTTP status. Default: those of the catalogue for this code. */
  readonly error?: string | undefined
  readonly status?: number | undefined
  readonly text?: string
  /** A claims challenge as JSON: what the user's next sign-in has to fulfil. */
  readonly claims?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** A refusal with its AADSTS code. The error handlers send it as JSON or show it on a page. */
export class EntraError extends Error {
  override readonly name = 'EntraError'
  readonly code: number
  readonly status: number
  readonly error: string
  readonly suberror: string | undefined
  readonly claims: string | undefined
  readonly headers: Readonly<Record<string, string>>

  /** A code that the catalogue lacks becomes an `invalid_grant` unless the options say otherwise. */
  constructor(code: number, details: Readonly<Record<string, string>>, options: RefusalOptions = {}) {
    const kind = findRefusal(code)
    const text = options.text ?? kind?.text ?? 'This refusal was injected into the emulator.'
    super(text.replaceAll(/\{(\w+)\}/g, (_, name: string) => details[name] ?? `‹${name}›`))
    this.code = code
    this.error = options.error ?? kind?.error ?? 'invalid_grant'
    this.status = options.status ?? kind?.status ?? 400
    this.suberror = kind?.suberror
    this.claims = options.claims
    this.headers = options.headers ?? {}
  }
}

/** The refusal with this code, its `{placeholders}` filled in. */
export function refusal(
  code: RefusalCode,
  details: Readonly<Record<string, string>> = {},
  options?: RefusalOptions,
): EntraError {
  return new EntraError(code, details, options)
}

/** The ids and the time by which a request is found in Entra's logs. */
export interface RequestIds {
  readonly traceId: string
  readonly correlationId: string
  readonly timestamp: string
}

/** Time in Entra's own notation, such as `2026-01-01 00:00:00Z`. */
export function timestampOf(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')}Z`
}

export function describeRefusal(error: EntraError, trace: RequestIds): string {
  return [
    `AADSTS${error.code}: ${error.message}`,
    `Trace ID: ${trace.traceId}`,
    `Correlation ID: ${trace.correlationId}`,
    `Timestamp: ${trace.timestamp}`,
  ].join('\r\n')
}

/** Codes whose refusals at the token endpoint have no `error_uri`, as recorded. */
const withoutErrorUri: ReadonlySet<number> = new Set([70003, 700038])

export function errorBody(error: EntraError, trace: RequestIds, publicUrl: string): Record<string, unknown> {
  return {
    error: error.error,
    error_description: describeRefusal(error, trace),
    error_codes: [error.code],
    timestamp: trace.timestamp,
    trace_id: trace.traceId,
    correlation_id: trace.correlationId,
    error_uri: withoutErrorUri.has(error.code) ? undefined : `${publicUrl}/error?code=${error.code}`,
    suberror: error.suberror,
    claims: error.claims,
  }
}
