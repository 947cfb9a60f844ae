import type { AuthenticationError, AuthenticationFault } from '../identity/authentication-error.ts'

/** An answer of AWS STS that is an error. */
export class StsError extends Error {
  override readonly name = 'StsError'
  readonly code: string
  readonly status: number

  constructor(code: string, status: number, message: string) {
    super(message)
    this.code = code
    this.status = status
  }
}

export function invalidIdentityToken(message: string): StsError {
  return new StsError('InvalidIdentityToken', 400, message)
}

export function validationError(message: string): StsError {
  return new StsError('ValidationError', 400, message)
}

const codes: Readonly<Record<AuthenticationFault, string>> = {
  missing: 'MissingAuthenticationToken',
  incomplete: 'IncompleteSignature',
  'unknown-key': 'InvalidClientTokenId',
  'expired-session': 'ExpiredToken',
  'bad-signature': 'SignatureDoesNotMatch',
  'bad-api-key': 'IncompleteSignature',
}

export function explainAuthentication({ fault, message }: AuthenticationError): StsError {
  return new StsError(
    codes[fault],
    fault === 'incomplete' ? 400 : 403,
    fault === 'missing' ? 'Request is missing Authentication Token' : message,
  )
}
