import { hasMark } from '../error-mark.ts'

/**
 * Why there is no response. Nothing was sent if the kind is `refused` (nobody listens at the address), `proxy` (the forward
 * proxy did not connect to the host) or `unreachable` (no connection for another reason). With `broken`, the connection
 * ended before the response did.
 */
export type SendErrorKind = 'refused' | 'unreachable' | 'proxy' | 'broken' | 'timeout' | 'too-large' | 'other'

const sendErrorMark = Symbol.for('@entra-agents/SendError')

export class SendError extends Error {
  override readonly name = 'SendError'
  readonly kind: SendErrorKind
  /** Node's or undici's code for the failure, where there is one. */
  readonly code: string | undefined
  /** HTTP status, if a response had begun. */
  readonly status: number | undefined

  constructor(kind: SendErrorKind, message: string, options: { cause?: unknown; status?: number } = {}) {
    super(message, options)
    this.kind = kind
    this.code = codeOf(options.cause)
    this.status = options.status
  }

  get [sendErrorMark](): true {
    return true
  }
}

export function isSendError(error: unknown): error is SendError {
  return hasMark(error, sendErrorMark)
}

// biome-ignore format: table
const kindsByCode: readonly (readonly [code: RegExp, kind: SendErrorKind])[] = [
  [/^PROXY_ERROR$/, 'proxy'],
  [/^ECONNREFUSED$/, 'refused'],
  [/^(EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT)$|CERT|_TLS_|UNABLE_TO_/, 'unreachable'],
  [/^(ECONNRESET|EPIPE|UND_ERR_SOCKET)$/, 'broken'],
  [/^UND_ERR_RES_EXCEEDED_MAX_SIZE$/, 'too-large'],
]

/** The {@link SendError} for an error of undici, Node or the proxy. */
export function sendErrorOf(error: Error, status: number | undefined): SendError {
  const code = codeOf(error) ?? ''
  const kind = kindsByCode.find(([pattern]) => pattern.test(code))?.[1] ?? 'other'
  return new SendError(kind, error.message, { cause: error, ...(status === undefined ? {} : { status }) })
}

function codeOf(error: unknown): string | undefined {
  const { code } = (error ?? {}) as { code?: unknown }
  return typeof code === 'string' ? code : undefined
}
