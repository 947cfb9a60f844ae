import { type Check, decodeJwt, fingerprint } from '@entra-bedrock-agent/identity-trace'
import { ProblemError } from '@entra-bedrock-agent/service-kit'
import { jwtVerify } from 'jose'
import { problem } from '../problems.ts'
import { createEntraKeys, type EntraKeysOptions } from './entra-keys.ts'

/** Tc after every check has passed: the person's token for the blueprint. */
export interface VerifiedUserToken {
  /** The raw token. It goes to the sidecar and nowhere else. */
  readonly value: string
  readonly objectId: string
  /** 12 hex digits of its SHA-256, for traces and logs. */
  readonly fingerprint: string
  readonly header: Readonly<Record<string, unknown>>
  readonly claims: Claims
  /** The checks that the agent made; all of them passed. */
  readonly checks: readonly Check[]
}

export interface UserTokenVerifierOptions extends EntraKeysOptions {
  readonly blueprintAppId: string
}

export interface UserTokenVerifier {
  /**
   * Verifies the Tc in an `Authorization` header.
   *
   * @throws ProblemError: SIGN_IN_REQUIRED, USER_TOKEN_INVALID, USER_TOKEN_EXPIRED, USER_TOKEN_WRONG_AUDIENCE,
   *   USER_TOKEN_SCOPE_MISSING, or ENTRA_UNAVAILABLE when Entra's keys are out of reach.
   */
  verify(authorization: string | undefined): Promise<VerifiedUserToken>
}

type Claims = Readonly<Record<string, unknown>>

const requiredScope = 'access_as_user'
const maxTokenBytes = 16 * 1024
/** How far the clocks of Entra and this machine may differ when a token is new. Expiry is not stretched. */
const clockToleranceSeconds = 300
const checks = ['signature', 'issuer', 'audience', 'lifetime', 'tenant', 'person', 'scope'].map(name => ({
  name,
  ok: true,
}))

/**
 * Makes the gate that every Tc passes before the sidecar sees it. The sidecar itself would hand on a token without
 * the scope, or an app-only one, and answers nothing useful when it refuses.
 */
export function createUserTokenVerifier(options: UserTokenVerifierOptions): UserTokenVerifier {
  const keys = createEntraKeys(options)

  return {
    async verify(authorization) {
      const value = readBearerToken(authorization)
      const decoded = decodeJwt(value)
      if (!decoded) throw problem('USER_TOKEN_INVALID', 'The token is not a JWT.')
      // The claims are read first: what would be refused anyway needs no key. They are believed only after jwtVerify.
      const objectId = requireUsableClaims(decoded.claims, options)
      try {
        await jwtVerify(value, keys, { algorithms: ['RS256'], clockTolerance: clockToleranceSeconds })
      } catch (error) {
        if (error instanceof ProblemError) throw error
        throw problem('USER_TOKEN_INVALID', 'The token’s signature cannot be verified with Entra’s keys.', {
          cause: error,
        })
      }
      return { value, objectId, fingerprint: await fingerprint(value), ...decoded, checks }
    },
  }
}

/** RFC 6750 §2.1; the scheme's name is case-insensitive (RFC 9110 §11.1). */
function readBearerToken(authorization: string | undefined): string {
  const [, token] = /^bearer +(\S+) *$/i.exec(authorization ?? '') ?? []
  if (!token) throw problem('SIGN_IN_REQUIRED', 'No bearer token was sent.')
  if (token.length > maxTokenBytes) throw problem('USER_TOKEN_INVALID', 'The token is longer than 16 KiB.')
  return token
}

/** Returns the person's object id, or throws what is wrong with the claims. */
function requireUsableClaims(claims: Claims, options: UserTokenVerifierOptions): string {
  const { authority, tenantId, blueprintAppId } = options
  const isVersion1 = claims['ver'] === '1.0'
  const issuer = isVersion1 ? `https://sts.windows.net/${tenantId}/` : `${authority}/${tenantId}/v2.0`
  if (claims['iss'] !== issuer || claims['tid'] !== tenantId) {
    throw problem('USER_TOKEN_INVALID', 'The token comes from another issuer or tenant.')
  }
  // Entra names the audience by its URI in v1 tokens and by its GUID in v2 tokens; the sidecar takes no mixture.
  if (claims['aud'] !== (isVersion1 ? `api://${blueprintAppId}` : blueprintAppId)) {
    throw problem('USER_TOKEN_WRONG_AUDIENCE', 'The token’s audience is not the blueprint.')
  }
  requireLifetime(claims)
  const { oid, scp, idtyp } = claims
  if (idtyp === 'app' || (scp === undefined && claims['roles'] !== undefined)) {
    throw problem('USER_TOKEN_INVALID', 'The token belongs to an application, not to a person.')
  }
  if (typeof oid !== 'string' || oid === '') {
    throw problem('USER_TOKEN_INVALID', 'The token does not name a person (oid).')
  }
  if (typeof scp !== 'string' || !scp.split(' ').includes(requiredScope)) {
    throw problem('USER_TOKEN_SCOPE_MISSING', `The token lacks the scope ${requiredScope}.`)
  }
  return oid
}

function requireLifetime({ exp, nbf }: Claims): void {
  const nowSeconds = Date.now() / 1000
  if (typeof exp !== 'number') throw problem('USER_TOKEN_INVALID', 'The token does not say when it expires.')
  if (exp <= nowSeconds) {
    throw problem('USER_TOKEN_EXPIRED', `The token expired at ${new Date(exp * 1000).toISOString()}.`)
  }
  if (typeof nbf === 'number' && nbf > nowSeconds + clockToleranceSeconds) {
    throw problem('USER_TOKEN_INVALID', 'The token is not valid yet.')
  }
}
