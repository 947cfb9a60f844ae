import { type Access, type AccessNeeds, type AccessRules, decideAccess, type Refusal } from './access.ts'
import type { DenialScope } from './deny-list/denied-tokens.ts'
import { DenyList } from './deny-list/deny-list.ts'
import { createTokenVerifier, type TokenVerifierOptions } from './token-verifier.ts'

export interface TokenCheckOptions extends TokenVerifierOptions, AccessRules {
  /** A file or an https URL with a list of tokens to refuse. The check reads it again and again. Default: none. */
  readonly denyList?: string | undefined
  /** Gets a warning when keys cannot be fetched, and an error while the deny list cannot be read. */
  readonly log: Record<'info' | 'warn' | 'error', (fields: object, message: string) => void>
}

/** The token check of an API. */
export interface TokenCheck {
  /**
   * Verifies a token and decides about its caller. For a caller that is not allowed, the result has the reason and nothing is thrown.
   *
   * @param needs what this call needs, if it differs from what the API needs in general
   * @throws {TokenRefused} for a token that Entra did not issue for this API
   * @throws {SigningKeysUnavailable} when the keys cannot be fetched
   * @throws {DenyListUnavailable} when a deny list is configured and was never read
   */
  check(token: string, needs?: AccessNeeds): Promise<Access>
  /** The deny list, if there is one: until it is read, the API is not ready. */
  readonly denyList?: Pick<DenyList, 'isRead' | 'ageSeconds'> | undefined
  close(): Promise<void>
}

/** Creates the token check of an API. REST and MCP routes of one API share it, and with it the signing keys and the deny list. */
export function createTokenCheck(options: TokenCheckOptions): TokenCheck {
  const verifier = createTokenVerifier(options)
  const { denyList: location, log, callers, requireAgentMarker = false } = options
  const { permissions, authenticationContext } = options
  const inGeneral: AccessNeeds = { permissions, authenticationContext }
  const denyList = location === undefined ? undefined : new DenyList({ location, log })
  return {
    denyList,
    async check(token, needs = inGeneral) {
      await denyList?.ready()
      const { claims, checks } = await verifier.verify(token)
      const access = decideAccess(claims, { callers, requireAgentMarker, ...needs })
      // The deny list comes first: for a denied agent no user shall be asked to consent or to sign in again.
      const denial = denyList?.find(access.identity, Number(claims['iat'] ?? 0))
      if (denial) return { ...access, checks: [], refusal: refusals[denial] }
      const passed = denyList && !access.refusal ? (['deny-list'] as const) : []
      return { ...access, checks: [...checks, ...access.checks, ...passed] }
    },
    async close() {
      await Promise.all([verifier.close(), denyList?.close()])
    },
  }
}

const failedCheck = 'deny-list'
const refusals: Readonly<Record<DenialScope, Refusal>> = {
  agent: { failedCheck, reason: 'The agent is on the deny list of this API.' },
  token: { failedCheck, reason: 'The token is on the deny list of this API.', isOfToken: true },
}
