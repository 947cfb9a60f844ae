import { hasMark } from '@entra-agents/service-kit'

/** The checks that a token can pass or fail. */
export const checkNames = [
  'signature',
  'issuer',
  'tenant',
  'audience',
  'lifetime',
  'caller',
  'permission',
  'context',
  'deny-list',
] as const
export type CheckName = (typeof checkNames)[number]
/** The name of a check that failed: `format` if the token cannot be checked at all. */
export type FailedCheck = CheckName | 'format'

const tokenRefusedMark = Symbol.for('@entra-agents/TokenRefused')

/** A request's token is not accepted. */
export class TokenRefused extends Error {
  override readonly name: string = 'TokenRefused'
  /** `undefined` if there is no token. */
  readonly failedCheck: FailedCheck | undefined
  /** When the token expired, in milliseconds since 1970, if this is why it is not accepted. */
  readonly expiredAt: number | undefined
  /** The checks that the token passed before. */
  passed: readonly CheckName[] = []

  /** @param description a sentence in ASCII without quotation marks, since it goes into the challenge as well */
  constructor(failedCheck: FailedCheck | undefined, description: string, expiredAt?: number) {
    super(description)
    this.failedCheck = failedCheck
    this.expiredAt = expiredAt
  }

  get [tokenRefusedMark](): true {
    return true
  }
}

export function isTokenRefused(error: unknown): error is TokenRefused {
  return hasMark(error, tokenRefusedMark)
}

const signingKeysUnavailableMark = Symbol.for('@entra-agents/SigningKeysUnavailable')

/** The issuer's keys cannot be fetched now, so that the token cannot be checked. */
export class SigningKeysUnavailable extends Error {
  override readonly name = 'SigningKeysUnavailable'
  /** The URL at which the issuer publishes its keys. */
  readonly url: string

  constructor(url: string, cause: unknown) {
    super('The signing keys could not be fetched.', { cause })
    this.url = url
  }

  get [signingKeysUnavailableMark](): true {
    return true
  }
}

export function isSigningKeysUnavailable(error: unknown): error is SigningKeysUnavailable {
  return hasMark(error, signingKeysUnavailableMark)
}
