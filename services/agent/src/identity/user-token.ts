import { type Check, decodeJwt, fingerprint, readNumericDate } from '@entra-bedrock-agent/identity-trace'
import { ProblemError } from '@entra-bedrock-agent/service-kit'
import { type JWTVerifyGetKey, jwtVerify } from 'jose'
import { problem } from '../problems.ts'
import type { AgentIdentity } from './agent-identity.ts'
import { createEntraKeys, type EntraKeysOptions } from './entra-keys.ts'

/** Tc after every check has passed: the user's token for the blueprint. */
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
  readonly agent: AgentIdentity
  /** Client ids that may obtain tokens for the agent; empty = any. */
  readonly allowedClients: readonly string[]
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

/**
 * Makes the gate that every Tc passes before the sidecar sees it. The sidecar itself would hand on a token without
 * the scope, or an app-only one, and says nothing useful when it refuses.
 */
export function createUserTokenVerifier(options: UserTokenVerifierOptions): UserTokenVerifier {
  const { agent, allowedClients } = options
  const keys = createEntraKeys(agent, options)

  return {
    async verify(authorization) {
      const value = readBearerToken(authorization)
      const decoded = decodeJwt(value)
      if (!decoded) throw invalid('The token is not a JWT.')
      const { claims } = decoded
      // The claims are checked first: what would be refused anyway needs no key. They are believed only after the signature.
      const checks = [
        checkIssuer(claims, agent),
        checkTenant(claims, agent),
        checkAudience(claims, agent),
        checkLifetime(claims),
        ...checkClient(claims, allowedClients),
        checkUser(claims),
        checkScope(claims),
        checkUnbound(claims),
        await checkSignature(value, keys),
      ]
      return {
        value,
        objectId: String(claims['oid']),
        fingerprint: await fingerprint(value),
        ...decoded,
        checks,
      }
    },
  }
}

/** RFC 6750 §2.1; the scheme's name is case-insensitive (RFC 9110 §11.1). */
function readBearerToken(authorization: string | undefined): string {
  const token = authorization?.match(/^bearer +(\S+) *$/i)?.[1]
  if (!token) throw problem('SIGN_IN_REQUIRED', 'No bearer token was sent.')
  if (token.length > maxTokenBytes) throw invalid('The token is longer than 16 KiB.')
  return token
}

const passed = (name: string): Check => ({ name, ok: true })
const isVersion1 = (claims: Claims) => claims['ver'] === '1.0'

function checkIssuer(claims: Claims, { authority, tenantId }: AgentIdentity): Check {
  const issuer = isVersion1(claims) ? `https://sts.windows.net/${tenantId}/` : `${authority}/${tenantId}/v2.0`
  if (claims['iss'] !== issuer) throw invalid('The token comes from another issuer.')
  return passed('issuer')
}

function checkTenant({ tid }: Claims, { tenantId }: AgentIdentity): Check {
  if (tid !== tenantId) throw invalid('The token comes from another tenant.')
  return passed('tenant')
}

/** Entra names the audience by its URI in v1 tokens and by its GUID in v2 tokens; the sidecar takes no mixture. */
function checkAudience(claims: Claims, { blueprintAppId }: AgentIdentity): Check {
  if (claims['aud'] !== (isVersion1(claims) ? `api://${blueprintAppId}` : blueprintAppId)) {
    throw problem('USER_TOKEN_WRONG_AUDIENCE', 'The token’s audience is not the blueprint.')
  }
  return passed('audience')
}

function checkLifetime(claims: Claims): Check {
  const nowSeconds = Date.now() / 1000
  const expiresAt = readNumericDate(claims['exp'])
  if (expiresAt === undefined) throw invalid('The token does not say when it expires.')
  if (expiresAt <= nowSeconds) {
    const time = new Date(expiresAt * 1000).toISOString()
    throw problem('USER_TOKEN_EXPIRED', `The token expired at ${time}.`)
  }
  const { nbf } = claims
  const validFrom = nbf === undefined ? 0 : readNumericDate(nbf)
  if (validFrom === undefined || validFrom > nowSeconds + clockToleranceSeconds) {
    throw invalid('The token is not valid yet.')
  }
  return passed('lifetime')
}

function checkClient(claims: Claims, allowedClients: readonly string[]): Check[] {
  if (allowedClients.length === 0) return []
  const client = claims['azp'] ?? claims['appid']
  if (typeof client !== 'string' || !allowedClients.includes(client.toLowerCase())) {
    throw invalid('The token was obtained by a client that the agent does not allow.')
  }
  return [passed('client')]
}

function checkUser(claims: Claims): Check {
  const { oid, scp, idtyp, roles } = claims
  if (idtyp === 'app' || (scp === undefined && roles !== undefined)) {
    throw invalid('The token belongs to an application, not to a user.')
  }
  if (typeof oid !== 'string' || oid === '') throw invalid('The token does not name a user (oid).')
  return passed('user')
}

function checkScope({ scp }: Claims): Check {
  if (typeof scp !== 'string' || !scp.split(' ').includes(requiredScope)) {
    throw problem('USER_TOKEN_SCOPE_MISSING', `The token lacks the scope ${requiredScope}.`)
  }
  return passed('scope')
}

/** A token that is bound to a key (RFC 7800) is no bearer token: whoever passes it on could not present the key. */
function checkUnbound({ cnf }: Claims): Check {
  if (cnf !== undefined) throw invalid('The token is bound to a key, so it cannot be passed on.')
  return passed('bearer')
}

async function checkSignature(token: string, keys: JWTVerifyGetKey): Promise<Check> {
  try {
    await jwtVerify(token, keys, { algorithms: ['RS256'], clockTolerance: clockToleranceSeconds })
    return passed('signature')
  } catch (error) {
    if (error instanceof ProblemError) throw error
    throw problem('USER_TOKEN_INVALID', 'The token’s signature cannot be verified with Entra’s keys.', {
      cause: error,
    })
  }
}

function invalid(detail: string) {
  return problem('USER_TOKEN_INVALID', detail)
}
