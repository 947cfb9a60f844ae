import { type Access, type AccessRules, decideAccess } from './access.ts'
import { createTokenVerifier, type TokenVerifierOptions } from './token-verifier.ts'

export interface TokenCheckOptions extends TokenVerifierOptions, AccessRules {}

/** The token check of an API. */
export interface TokenCheck {
  /**
   * Verifies a token and decides about its caller. That a caller is not allowed is in the result.
   *
   * @throws {TokenRefused} for a token that Entra did not issue for this API
   * @throws {SigningKeysUnavailable} when the keys cannot be fetched
   */
  check(token: string): Promise<Access>
  close(): Promise<void>
}

/** Creates the token check of an API. REST and MCP routes of one API share it, and with it the signing keys. */
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
