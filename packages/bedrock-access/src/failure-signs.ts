import { redactText } from '@entra-agents/trace'
import { CredentialError } from './credentials.ts'

/** When a call failed: before its first event, or in the middle of its stream. */
export type CallPhase = 'request' | 'stream'

/** Details of an error, before it is classified. */
export interface FailureSigns {
  /** AWS error code or JavaScript error name. */
  readonly name: string
  /** The error's message. Match it but never show it: the message may quote the request with its security token. */
  readonly message: string
  /** Status of the HTTP response; there is none for network errors and for exceptions inside a stream. */
  readonly httpStatus: number | undefined
  /** Node.js error code, such as ECONNREFUSED, or LangChain's for a silent stream. */
  readonly systemCode: string | undefined
  /** Who failed: Bedrock, AWS STS, or another source of the credential. */
  readonly service: 'bedrock' | 'sts' | 'credentials'
  /** The id of the request in AWS's logs. */
  readonly requestId: string | undefined
}

/** Reads the details of whatever was thrown. */
export function readSigns(thrown: unknown): FailureSigns {
  const isCredential = thrown instanceof CredentialError
  const error = isCredential ? thrown.cause : thrown
  const metadata = member(error, '$metadata')
  const [httpStatus, requestId] = [member(metadata, 'httpStatusCode'), member(metadata, 'requestId')]
  const systemCode =
    member(error, 'lc_error_code') ?? member(error, 'code') ?? member(member(error, 'cause'), 'code')
  const service = typeof httpStatus === 'number' ? 'sts' : 'credentials'
  return {
    name: error instanceof Error ? error.name : 'Error',
    message: error instanceof Error ? error.message : '',
    httpStatus: typeof httpStatus === 'number' ? httpStatus : undefined,
    systemCode: typeof systemCode === 'string' ? systemCode : undefined,
    service: isCredential ? service : 'bedrock',
    requestId: typeof requestId === 'string' ? requestId : undefined,
  }
}

/**
 * The error as a log may show it. When AWS refuses a signature, its message quotes the signed headers,
 * session token included; such messages are left out.
 */
export function loggableCause({ name, message, requestId }: FailureSigns): Error {
  const quotesRequest = /canonical|string-to-sign/i.test(message)
  const text = redactText(quotesRequest ? 'message withheld' : message)
    .replace(/\b(AKIA|ASIA|ABSK)[A-Za-z0-9+/=_-]{8,}/g, '‹key removed›')
    .slice(0, 500)
  return new Error(`${name}: ${text}${requestId === undefined ? '' : ` (AWS request ${requestId})`}`)
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}
