interface ErrorKind {
  readonly status: number
  /** Its usual message. */
  readonly text?: string
}

/** Errors of Bedrock Runtime by name, each with its HTTP status. */
// biome-ignore format: table
export const bedrockErrors = {
  AccessDeniedException: { status: 403 },
  ExpiredTokenException: { status: 403 },
  IncompleteSignatureException: { status: 403 },
  InvalidSignatureException: { status: 403 },
  MissingAuthenticationTokenException: { status: 403 },
  UnrecognizedClientException: { status: 403 },
  SerializationException: { status: 400 },
  ValidationException: { status: 400 },
  ServiceQuotaExceededException: { status: 400, text: 'Your request exceeds the service quota for your account.' },
  ResourceNotFoundException: { status: 404 },
  UnknownOperationException: { status: 404 },
  ModelTimeoutException: { status: 408, text: 'The request took too long to process. Processing time exceeded the model timeout length.' },
  ModelErrorException: { status: 424, text: 'The request failed due to an error while processing the model.' },
  ModelNotReadyException: { status: 429, text: 'The model specified in the request is not ready to serve inference requests.' },
  ThrottlingException: { status: 429, text: 'Too many requests, please wait before trying again.' },
  InternalServerException: { status: 500, text: 'The system encountered an unexpected error during processing. Try your request again.' },
  ServiceUnavailableException: { status: 503, text: 'Bedrock is unable to process your request.' },
} satisfies Readonly<Record<string, ErrorKind>>
export type BedrockErrorName = keyof typeof bedrockErrors

/** The component of AWS that reports an error: the error's type and the spelling of `message` in the body depend on it. */
type ErrorOrigin = 'service' | 'front' | 'authorisation'

/** An error response of Bedrock Runtime. */
export class BedrockError extends Error {
  override readonly name: BedrockErrorName
  readonly status: number
  readonly origin: ErrorOrigin

  constructor(name: BedrockErrorName, message?: string, origin: ErrorOrigin = 'service') {
    const { status, text = 'Emulated failure.' }: ErrorKind = bedrockErrors[name]
    super(message ?? text)
    this.name = name
    this.status = status
    this.origin = origin
  }

  get headers(): Readonly<Record<string, string>> {
    const suffix = this.origin === 'service' ? 'com.amazon.bedrock' : 'com.amazon.coral.service'
    return { 'x-amzn-errortype': `${this.name}:http://internal.amazon.com/coral/${suffix}/` }
  }

  /** Errors of authorisation have `Message` instead of `message`; SDKs read both. */
  get body(): Readonly<Record<string, string>> {
    return { [this.origin === 'authorisation' ? 'Message' : 'message']: this.message }
  }
}

export function validationError(message: string): BedrockError {
  return new BedrockError('ValidationException', message)
}
