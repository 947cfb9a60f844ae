/** Why a caller was not recognised. Bedrock and STS have different names for the same reasons. */
export type AuthenticationFault =
  | 'missing'
  | 'incomplete'
  | 'unknown-key'
  | 'expired-session'
  | 'bad-signature'
  | 'bad-api-key'

export class AuthenticationError extends Error {
  override readonly name = 'AuthenticationError'
  readonly fault: AuthenticationFault

  constructor(fault: AuthenticationFault, message: string) {
    super(message)
    this.fault = fault
  }
}
