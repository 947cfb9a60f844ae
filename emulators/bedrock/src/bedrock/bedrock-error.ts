import type { AuthenticationError, AuthenticationFault } from '../identity/authentication-error.ts'

/** Errors of Bedrock Runtime by name, with the status each is sent with. */
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

/** What is sent when nothing more particular is known. */
export const usualMessages: Readonly<Partial<Record<BedrockErrorName, string>>> = {
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

/** Where an error is made inside AWS: in front of the service or in it. It shows in the type's suffix and the body's spelling. */
type Origin = 'service' | 'front' | 'authorisation'

const suffixes: Readonly<Record<Origin, string>> = {
  service: 'com.amazon.bedrock',
  front: 'com.amazon.coral.service',
  authorisation: 'com.amazon.coral.service',
}

/** An answer of Bedrock Runtime that is an error. */
export class BedrockError extends Error {
  override readonly name: BedrockErrorName
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly #origin: Origin

  constructor(name: BedrockErrorName, message: string, origin: Origin = 'service') {
    super(message)
    this.name = name
    this.status = bedrockErrors[name]
    this.#origin = origin
    this.headers = { 'x-amzn-errortype': `${name}:http://internal.amazon.com/coral/${suffixes[origin]}/` }
  }

  /** Authorisation answers with a capital M; SDKs read both. */
  get body(): Readonly<Record<string, string>> {
    return { [this.#origin === 'authorisation' ? 'Message' : 'message']: this.message }
  }
}

const authenticationErrors: Readonly<Record<AuthenticationFault, readonly [BedrockErrorName, Origin]>> = {
  missing: ['MissingAuthenticationTokenException', 'front'],
  incomplete: ['IncompleteSignatureException', 'front'],
  'unknown-key': ['UnrecognizedClientException', 'front'],
  'expired-session': ['ExpiredTokenException', 'front'],
  'bad-signature': ['InvalidSignatureException', 'front'],
  'bad-api-key': ['AccessDeniedException', 'authorisation'],
}

export function explainAuthentication({ fault, message }: AuthenticationError): BedrockError {
  const [name, origin] = authenticationErrors[fault]
  return new BedrockError(name, message, origin)
}

export function invalid(message: string): BedrockError {
  return new BedrockError('ValidationException', message)
}
