import { redactText } from '@entra-bedrock-agent/identity-trace'

/** What an error of the SDK, of STS or of the network shows, before it is judged. */
export interface FailureSigns {
  /** AWS error code or JavaScript error name. */
  readonly name: string
  /** The message. It may quote the request, security token included: match on it, never show it. */
  readonly message: string
  /** Status of the HTTP answer; there is none for network errors and for exceptions inside a stream. */
  readonly httpStatus: number | undefined
  /** Node.js error code, such as ECONNREFUSED. */
  readonly systemCode: string | undefined
  readonly service: 'bedrock' | 'sts'
}

/** Reads an unknown error. */
export function readSigns(error: unknown): FailureSigns {
  if (!(error instanceof Error)) {
    return { name: 'Error', message: '', httpStatus: undefined, systemCode: undefined, service: 'bedrock' }
  }
  const metadata: unknown = Reflect.get(error, '$metadata')
  const status = isRecord(metadata) ? metadata['httpStatusCode'] : undefined
  const code: unknown = Reflect.get(error, 'lc_error_code') ?? Reflect.get(error, 'code') ?? causeCode(error)
  return {
    name: error.name,
    message: error.message,
    httpStatus: typeof status === 'number' ? status : undefined,
    systemCode: typeof code === 'string' ? code : undefined,
    service: isFromSts(error) ? 'sts' : 'bedrock',
  }
}

/**
 * The error as a log may show it. AWS quotes what it was asked to verify, signed headers and their session token
 * included, in the messages of refused signatures; those messages are left out.
 */
export function loggableCause(error: unknown, { name, message }: FailureSigns): Error {
  const quotesRequest = /canonical|string-to-sign/i.test(message)
  const text = redactText(quotesRequest ? 'message withheld' : message)
    .replace(/\b(AKIA|ASIA|ABSK)[A-Za-z0-9+/=_-]{8,}/g, '‹key removed›')
    .slice(0, 500)
  const metadata: unknown = error instanceof Error ? Reflect.get(error, '$metadata') : undefined
  const requestId = isRecord(metadata) ? metadata['requestId'] : undefined
  return new Error(`${name}: ${text}${typeof requestId === 'string' ? ` (AWS request ${requestId})` : ''}`)
}

function causeCode(error: Error): unknown {
  return error.cause instanceof Error ? Reflect.get(error.cause, 'code') : undefined
}

function isFromSts(error: Error): boolean {
  for (let type = Object.getPrototypeOf(error); type; type = Object.getPrototypeOf(type)) {
    if (type.constructor?.name === 'STSServiceException') return true
  }
  return false
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
