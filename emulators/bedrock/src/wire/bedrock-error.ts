/** Errors of Bedrock Runtime by name, each with its HTTP status. */
export const bedrockErrors = {
  AccessDeniedException: 403,
  ExpiredTokenException: 403,
  IncompleteSignatureException: 403,
  InvalidSignatureException: 403,
  MissingAuthenticationTokenException: 403,
  UnrecognizedClientException: 403,
  SerializationException: 400,
  ValidationException: 400,
  ServiceQuotaExceededException: 400,
  ResourceNotFoundException: 404,
  UnknownOperationException: 404,
  ModelTimeoutException: 408,
  ModelErrorException: 424,
  ModelNotReadyException: 429,
  ThrottlingException: 429,
  InternalServerException: 500,
  ServiceUnavailableException: 503,
} as const
export type BedrockErrorName = keyof typeof bedrockErrors

/** The default message of some errors. */
export const defaultMessages: Readonly<Partial<Record<BedrockErrorName, string>>> = {
  ServiceQuotaExceededException: 'Your request exceeds the service quota for your account.',
  ModelTimeoutException:
    'The request took too long to process. Processing time exceeded the model timeout length.',
  ModelErrorException: 'The request failed due to an error while processing the model.',
  ModelNotReadyException: 'The model specified in the request is not ready to serve inference requests.',
  ThrottlingException: 'Too many requests, please wait before trying again.',
  InternalServerException:
    'The system encountered an unexpected error during processing. Try your request again.',
  ServiceUnavailableException: 'Bedrock is unable to process your request.',
}

/** The component of AWS that reports an error: the error's type and the spelling of `message` in the body depend on it. */
type ErrorOrigin = 'service' | 'front' | 'authorisation'

/** An error response of Bedrock Runtime. */
export class BedrockError extends Error {
  override readonly name: BedrockErrorName
  readonly status: number
  readonly origin: ErrorOrigin

  constructor(name: BedrockErrorName, message: string, origin: ErrorOrigin = 'service') {
    super(message)
    this.name = name
    this.status = bedrockErrors[name]
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
