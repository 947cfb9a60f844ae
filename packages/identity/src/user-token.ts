import { type ProblemError, proxyProblem } from '@entra-agents/service-kit'
import {
  createTokenVerifier,
  decideAccess,
  fingerprint,
  isSigningKeysUnavailable,
  isTokenRefused,
  type Refusal,
  type RequestLike,
  readAuthorization,
  readBearerToken,
  TokenRefused,
} from '@entra-agents/tokens/verify'
import type { Blueprint } from './agent-identity.ts'
import type { VerifiedUserToken } from './agent-token.ts'
import type { Log } from './log.ts'
import { identityProblem } from './problems.ts'

export interface UserTokenVerifierOptions {
  readonly blueprint: Blueprint
  /** Ids of the clients that may obtain tokens for the agent; an empty list allows any client. */
  readonly allowedClients: readonly string[]
  readonly log: Pick<Log, 'warn'>
}

export type UserTokenVerifier = ReturnType<typeof createUserTokenVerifier>

const requiredScope = 'access_as_user'

/**
 * Makes the verifier that every Tc passes before the sidecar gets it. The sidecar itself would pass on a
 * token without the scope, or an app-only one, and says nothing useful about the tokens that it refuses.
 */
export function createUserTokenVerifier({ blueprint, allowedClients, log }: UserTokenVerifierOptions) {
  const { authority, tenantId, blueprintAppId: appId } = blueprint
  const verifier = createTokenVerifier({
    authority,
    tenantId,
    appId,
    // Entra names the blueprint by URI in v1 tokens and by GUID in v2 tokens; the sidecar refuses the reverse.
    audiences: { '1.0': [`api://${appId}`], '2.0': [appId] },
    // How far the clocks of Entra and this machine may differ when a token is new. Expiry is not stretched.
    tolerance: { start: 300, end: 0 },
    log,
  })
  const callers = allowedClients.length > 0 ? allowedClients.map(clientId => ({ clientId })) : 'any'
  const rules = { callers, permissions: { obo: requiredScope } } as const

  async function verify(raw: string): Promise<VerifiedUserToken> {
    const { header, claims, checks } = await verifier.verify(raw)
    const access = decideAccess(claims, rules)
    if (access.refusal) throw explainRefusal(access.refusal)
    const passed = [...checks, ...access.checks].map(name => ({ name, ok: true }))
    const { objectId } = access.identity
    return { raw, objectId, fingerprint: fingerprint(raw), header, claims, checks: passed }
  }

  return {
    /**
     * Verifies the Tc of a request, or of an `Authorization` header.
     *
     * @throws ProblemError: SIGN_IN_REQUIRED, USER_TOKEN_INVALID, USER_TOKEN_EXPIRED, USER_TOKEN_WRONG_AUDIENCE,
     *   USER_TOKEN_SCOPE_MISSING, or ENTRA_UNAVAILABLE when Entra's keys are out of reach.
     */
    async verify(request: RequestLike) {
      try {
        return await verify(readBearerToken(readAuthorization(request)))
      } catch (error) {
        throw explainVerifyError(error)
      }
    },
    close: () => verifier.close(),
  }
}

function explainRefusal({ failedCheck, reason, refused }: Refusal): Error {
  if (failedCheck !== 'permission') return new TokenRefused(failedCheck, reason)
  return refused.flow === 'obo'
    ? identityProblem('USER_TOKEN_SCOPE_MISSING', reason)
    : identityProblem('USER_TOKEN_INVALID', 'The token belongs to an application, not to a user.')
}

function explainVerifyError(error: unknown): unknown {
  if (isSigningKeysUnavailable(error))
    return (
      proxyProblem(error, error.url) ??
      identityProblem('ENTRA_UNAVAILABLE', 'Entra’s signing keys cannot be fetched.', {
        upstream: { service: 'entra' },
        cause: error,
      })
    )
  return isTokenRefused(error) ? explainTokenRefusal(error) : error
}

function explainTokenRefusal({ failedCheck, expiredAt, message }: TokenRefused): ProblemError {
  if (failedCheck === undefined) return identityProblem('SIGN_IN_REQUIRED', 'No bearer token was sent.')
  if (failedCheck === 'audience')
    return identityProblem('USER_TOKEN_WRONG_AUDIENCE', 'The token’s audience is not the blueprint.')
  if (expiredAt !== undefined)
    return identityProblem('USER_TOKEN_EXPIRED', `The token expired at ${new Date(expiredAt).toISOString()}.`)
  return identityProblem('USER_TOKEN_INVALID', message)
}
