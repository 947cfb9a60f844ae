import { type Access, type AccessRules, decideAccess } from './access.ts'
import { createTokenVerifier, type TokenVerifierOptions } from './token-verifier.ts'

export interface TokenCheckOptions extends TokenVerifierOptions, AccessRules {}

/** What an API decides about a token. */
export interface TokenCheck {
  /**
   * Who calls with a token, and whether they may. The refusal of a caller whom the token names is in the result.
   *
   * @throws {TokenRefused} when the token is none that Entra issues for this API
   * @throws {SigningKeysUnavailable} when that cannot be found out now
   */
  check(token: string): Promise<Access>
  close(): Promise<void>
}

/** Makes the check of an API's tokens. APIs with several doors make one and share it, and with it the signing keys. */
export function createTokenCheck(options: TokenCheckOptions): TokenCheck {
  const verifier = createTokenVerifier(options)
  return {
    async check(token) {
      const { claims, checks } = await verifier.verify(token)
      const access = decideAccess(claims, options)
      return { ...access, checks: [...checks, ...access.checks] }
    },
    close: () => verifier.close(),
  }
}
