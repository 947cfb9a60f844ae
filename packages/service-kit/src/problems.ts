import type { FastifyError } from 'fastify'
import { traceIds } from './active-span.ts'
import { hasMark } from './error-mark.ts'

/** One entry of a service's catalogue: a failure that a user can meet. */
export interface ProblemKind {
  readonly status: number
  /** The cause, in one sentence. */
  readonly title: string
  /** What to do about it, in one sentence. */
  readonly hint: string
}

export interface Upstream {
  readonly service: string
  readonly status?: number
  readonly code?: string
  /** The id of the request in the logs of the upstream. */
  readonly requestId?: string
  /** Entra's correlation id. */
  readonly correlationId?: string
}

export interface ProblemOptions {
  readonly upstream?: Upstream | undefined
  readonly cause?: unknown
  /** Replaces the catalogue's hint. */
  readonly hint?: string | undefined
  /** Headers of the response, such as `retry-after` or `www-authenticate`. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Members beyond RFC 9457's, such as `claimsChallenge`. */
  readonly extensions?: Readonly<Record<string, unknown>> | undefined
}

/** An RFC 9457 problem document. */
export interface ProblemDocument {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: string
  readonly hint: string
  readonly requestId: string
  /** Present only if requests are traced. */
  readonly traceId?: string
  readonly upstream?: Upstream
}

/** By which `isProblem` knows problems, also those of other copies of this package. */
export const problemMark: unique symbol = Symbol.for('@entra-agents/ProblemError')

/** A failure with a stable code. Routes and streams turn it into a problem document. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError'
  readonly code: string
  readonly kind: ProblemKind
  readonly options: ProblemOptions

  constructor(code: string, kind: ProblemKind, detail: string, options: ProblemOptions = {}) {
    super(detail, { cause: options.cause })
    this.code = code
    this.kind = kind
    this.options = options
  }

  get [problemMark](): true {
    return true
  }

  toDocument(requestId: string): ProblemDocument {
    const { upstream, hint, extensions } = this.options
    const { trace_id: traceId } = traceIds()
    return {
      type: `urn:entra-bedrock-agent:problem:${this.code.toLowerCase().replaceAll('_', '-')}`,
      title: this.kind.title,
      status: this.kind.status,
      detail: this.message,
      code: this.code,
      hint: hint ?? this.kind.hint,
      requestId,
      ...(traceId ? { traceId } : {}),
      ...(upstream ? { upstream } : {}),
      ...extensions,
    }
  }
}

export function isProblem(error: unknown): error is ProblemError {
  return hasMark(error, problemMark)
}

/** The problems of every service. */
// biome-ignore format: table
export const commonProblems = {
  INVALID_REQUEST: { status: 400, title: 'The request is not what this service accepts.', hint: 'Correct what the detail names; the accepted shape is in /openapi.json.' },
  BODY_TOO_LARGE: { status: 413, title: 'The request body is too large.', hint: 'Send less text; the limit is in /openapi.json.' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, title: 'The content type is not accepted.', hint: 'Send application/json.' },
  NOT_ACCEPTABLE: { status: 406, title: 'None of the content types that the client accepts can be sent.', hint: 'Accept one of the types that /openapi.json names for this address.' },
  HOST_NOT_ALLOWED: { status: 421, title: 'The service does not answer by this host name.', hint: 'Use a name that ALLOWED_HOSTS lists, or add this one to it; by default only localhost is listed.' },
  CROSS_SITE_REQUEST: {
    status: 403,
    title: 'The request comes from a page of another site.',
    hint: 'Open the page of this service itself, or call it from a program instead of a page. Behind a proxy, see that the proxy passes the Host header on.',
  },
  REQUEST_TIMEOUT: { status: 408, title: 'The client was too slow with its request.', hint: 'Send headers and body without pauses.' },
  HEADERS_TOO_LARGE: { status: 431, title: 'The headers of the request are too large.', hint: 'Send fewer or shorter headers: cookies and tokens are the usual cause.' },
  REQUEST_ABORTED: { status: 400, title: 'The client closed the connection before its request was over.', hint: 'Send the request again.' },
  NOT_FOUND: { status: 404, title: 'There is nothing at this address.', hint: 'See /openapi.json for what there is.' },
  PROXY_AUTHENTICATION_FAILED: { status: 502, title: 'The forward proxy does not accept the credentials that it is given.', hint: 'Put user and password, percent-encoded, into the URL of HTTPS_PROXY.' },
  PROXY_REFUSED: { status: 502, title: 'The forward proxy does not let a call through.', hint: 'Allow the host in the proxy, or put it into NO_PROXY where there is a direct way.' },
  PROXY_UNAVAILABLE: { status: 503, title: 'The forward proxy cannot be reached, or does not reach the host.', hint: 'Check HTTPS_PROXY and the proxy’s own log, then ask again.' },
  PROXY_BREAKS_TLS: { status: 502, title: 'The forward proxy puts a certificate of its own in the place of the host’s.', hint: 'Exempt the host from inspection, or let the services trust the proxy’s authority: NODE_EXTRA_CA_CERTS, and for the sidecar SSL_CERT_FILE.' },
  INTERNAL_ERROR: { status: 500, title: 'Something went wrong inside this service.', hint: 'Look for the request id in the service’s log.' },
} as const satisfies Record<string, ProblemKind>

/**
 * Makes a typed constructor for a catalogue: `const problem = defineProblems(catalogue)`,
 * then `throw problem('CITY_NOT_FOUND', 'No city is called "Dalas".')`.
 */
export function defineProblems<const Catalogue extends Record<string, ProblemKind>>(catalogue: Catalogue) {
  return (code: keyof Catalogue & string, detail: string, options?: ProblemOptions): ProblemError =>
    new ProblemError(code, catalogue[code] as ProblemKind, detail, options)
}

export const commonProblem = defineProblems(commonProblems)

/** Turns an error into a problem; an unexpected one becomes INTERNAL_ERROR without details. */
export function toProblem(error: unknown): ProblemError {
  if (isProblem(error)) return error
  const { code, statusCode, validation, message } = (error ?? {}) as Partial<FastifyError>
  if (validation) return commonProblem('INVALID_REQUEST', `${message ?? 'The request is invalid'}.`)
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return commonProblem('BODY_TOO_LARGE', 'The body is over the limit.')
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE')
    return commonProblem('UNSUPPORTED_MEDIA_TYPE', 'The body must be application/json.')
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return commonProblem('INVALID_REQUEST', `${message ?? 'The request is invalid'}.`)
  return commonProblem('INTERNAL_ERROR', 'An unexpected error occurred.', { cause: error })
}
