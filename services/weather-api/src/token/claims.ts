import type { TokenConfig } from '../config.ts'
import { forbid, rejectToken } from './bearer.ts'

type Claims = Readonly<Record<string, unknown>>

/** Clocks of issuer and API may differ by this much. */
const clockToleranceSeconds = 60

/** Entra's facet for "this is an agent identity" (learn.microsoft.com, agent token claims). */
const agentIdentityFacet = '11'

export type Flow = 'autonomous' | 'obo'

/** Who a verified token speaks of. */
export interface Identity {
  /** Client id of the agent that calls. */
  readonly caller: string
  /** Object id of the agent's principal (autonomous) or of the person (obo). */
  readonly objectId: string
  readonly tenantId: string
  /** For the audit log only: too broad to decide by, since all agents of a blueprint share it. */
  readonly blueprintAppId: string | undefined
  readonly tokenId: string | undefined
}

/** What an accepted token permits, and to whom. */
export interface Grant extends Identity {
  readonly flow: Flow
}

/**
 * Checks the claims of a token for this API, each by name, in this order: issuer, tenant, audience, lifetime, caller,
 * permission. What Entra never issues (a v1 issuer on a v2 token, both roles and scopes of an app …) is refused.
 *
 * @param nowSeconds the time, in seconds since 1970
 * @throws {ProblemError} 401 WEATHER_TOKEN_REJECTED, or 403 WEATHER_FORBIDDEN with the Identity as its cause
 */
export function checkClaims(claims: Claims, config: TokenConfig, nowSeconds: number): Grant {
  const actorClaim = checkIssuer(claims, config)
  if (claims['tid'] !== config.tenantId) throw rejectToken('tenant', 'The token is from another tenant.')
  checkAudience(claims['aud'], config.weatherApiAppId)
  checkLifetime(claims, nowSeconds)
  const identity = readIdentity(claims, actorClaim, config.tenantId)
  checkCaller(claims, identity, config)
  return { ...identity, flow: checkPermission(claims, identity) }
}

/** Which claim names the actor depends on the token's version, and the version must go with the issuer. */
function checkIssuer(claims: Claims, { authority, tenantId }: TokenConfig): 'appid' | 'azp' {
  const { iss, ver } = claims
  if (iss === `https://sts.windows.net/${tenantId}/`) {
    if (ver !== '1.0') throw rejectToken('issuer', 'The version does not go with the v1.0 issuer.')
    return 'appid'
  }
  if (iss === `${authority}/${tenantId}/v2.0`) {
    if (ver !== '2.0') throw rejectToken('issuer', 'The version does not go with the v2.0 issuer.')
    return 'azp'
  }
  throw rejectToken('issuer', 'The token is from an issuer that this API does not trust.')
}

function checkAudience(audience: unknown, appId: string): void {
  if (audience !== appId && audience !== `api://${appId}`) {
    throw rejectToken('audience', 'The token is for another API.')
  }
}

function checkLifetime({ exp, nbf, iat }: Claims, nowSeconds: number): void {
  if (!isTime(exp)) throw rejectToken('lifetime', 'The token has no usable expiry time (exp).')
  if ((nbf !== undefined && !isTime(nbf)) || (iat !== undefined && !isTime(iat)))
    throw rejectToken('lifetime', 'The token has an unusable start time (nbf or iat).')
  if (nowSeconds >= exp + clockToleranceSeconds) throw rejectToken('lifetime', 'The token has expired.')
  if (Math.max(nbf ?? 0, iat ?? 0) > nowSeconds + clockToleranceSeconds)
    throw rejectToken('lifetime', 'The token is not valid yet.')
}

function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value)
}

function readIdentity(claims: Claims, actorClaim: 'appid' | 'azp', tenantId: string): Identity {
  const caller = claims[actorClaim]
  const otherName = claims[actorClaim === 'azp' ? 'appid' : 'azp']
  if (typeof caller !== 'string' || (otherName !== undefined && otherName !== caller))
    throw rejectToken('caller', 'The token does not name one client (azp or appid).')
  const objectId = optionalText(claims, 'oid')
  if (!objectId) throw rejectToken('format', 'The token has no object id (oid).')
  return {
    caller,
    objectId,
    tenantId,
    blueprintAppId: optionalText(claims, 'xms_par_app_azp'),
    tokenId: optionalText(claims, 'uti'),
  }
}

function checkCaller(claims: Claims, identity: Identity, config: TokenConfig): void {
  if (!config.allowedCallers.includes(identity.caller))
    throw forbid('caller', 'The client is not one of the agents that may call this API.', identity)
  const facets = optionalText(claims, 'xms_act_fct')
  if (facets === undefined ? config.requireAgentMarker : !facets.split(' ').includes(agentIdentityFacet))
    throw forbid('caller', 'The client is not marked as an agent identity.', identity)
}

function checkPermission(claims: Claims, identity: Identity): Flow {
  const roles = readRoles(claims['roles'])
  const scopes = readScopes(claims['scp'])
  if (isAppOnly(claims, roles, scopes)) {
    if (scopes.length > 0) throw rejectToken('permission', 'An app-only token cannot carry delegated scopes.')
    if (!roles.includes('Weather.Read.All'))
      throw forbid('permission', 'The token lacks the app role Weather.Read.All.', identity)
    return 'autonomous'
  }
  if (!scopes.includes('Weather.Read'))
    throw forbid('permission', 'The token lacks the scope Weather.Read.', identity)
  return 'obo'
}

/** `idtyp` decides where the API asked for it; else app-only tokens have roles, no scopes and themselves as subject. */
function isAppOnly(claims: Claims, roles: readonly string[], scopes: readonly string[]): boolean {
  const { idtyp, oid, sub } = claims
  if (idtyp === undefined) return roles.length > 0 && scopes.length === 0 && oid === sub
  if (idtyp !== 'app' && idtyp !== 'user')
    throw rejectToken('permission', 'The token is neither of an app nor of a user (idtyp).')
  return idtyp === 'app'
}

function readRoles(roles: unknown): readonly string[] {
  if (roles === undefined) return []
  if (Array.isArray(roles) && roles.every(role => typeof role === 'string')) return roles
  throw rejectToken('permission', 'The roles claim is not a list of texts.')
}

/** Entra writes "/" for no scope in some app-only tokens. */
function readScopes(scopes: unknown): readonly string[] {
  if (scopes === undefined) return []
  if (typeof scopes !== 'string') throw rejectToken('permission', 'The scp claim is not a text.')
  return scopes.split(' ').filter(scope => scope !== '' && scope !== '/')
}

function optionalText(claims: Claims, name: string): string | undefined {
  const value = claims[name]
  if (value !== undefined && typeof value !== 'string')
    throw rejectToken('format', `The claim ${name} is not a text.`)
  return value
}
