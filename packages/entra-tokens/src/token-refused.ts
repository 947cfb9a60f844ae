/** The checks that a token can pass or fail. */
export type CheckName = 'signature' | 'issuer' | 'tenant' | 'audience' | 'lifetime' | 'caller' | 'permission'

/** Why a request's token is not accepted. */
export class TokenRefused extends Error {
  override readonly name = 'TokenRefused'
  /** `format` stands for everything that keeps a token from being checked at all; `undefined` = there is no token. */
  readonly failedCheck: CheckName | 'format' | undefined
  /** Where the token was good until then, and nothing but its end is in the way: in milliseconds since 1970. */
  readonly expiredAt: number | undefined

  /** @param description a sentence in ASCII without quotation marks, since it goes into the challenge as well */
  constructor(failedCheck: CheckName | 'format' | undefined, description: string, expiredAt?: number) {
    super(description)
    this.failedCheck = failedCheck
    this.expiredAt = expiredAt
  }
}

/** The keys that a token would be checked with cannot be fetched now. That says nothing about the token. */
export class SigningKeysUnavailable extends Error {
  override readonly name = 'SigningKeysUnavailable'

  constructor(cause?: unknown) {
    super('The signing keys could not be fetched.', { cause })
  }
}
