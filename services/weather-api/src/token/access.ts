import type { TokenConfig } from '../config.ts'
import { type CheckName, rejectToken } from './refusals.ts'
import type { Claims } from './token-header.ts'

/** Whom a genuine token speaks of, in ids. */
export interface Identity {
  /** Whether the client calls as itself or for a user. */
  readonly flow: 'autonomous' | 'obo'
  /** Client id of the agent, or of another client, that calls. */
  readonly caller: string
  /** Object id of the client's principal (autonomous) or of the user (obo). */
  readonly objectId: string
  readonly tenantId: string
  /** For the audit log only: too broad to decide by, since all agents of a blueprint share it. */
  readonly blueprintAppId: string | undefined
  readonly tokenId: string | undefined
}

/** Who calls and whether they may read weather; with the checks that were passed, or the one that failed and why. */
export interface Access {
  readonly identity: Identity
  readonly checks: readonly CheckName[]
  readonly refusal?: { readonly failedCheck: CheckName; readonly reason: string }
}

/** Entra's facet for "this is an agent identity" (learn.microsoft.com, agent token claims). */
const agentIdentityFacet = '11'

/**
 * Decides in one step who calls and what they may, from the claims of a genuine token: a role or scope counts only in the
 * hands of a client that may call, and such a client needs the one that goes with its flow.
 *
 * @throws {ProblemError} WEATHER_TOKEN_REJECTED for what Entra never issues
 */
export function decideAccess(claims: Claims, config: TokenConfig): Access {
  const roles = readRoles(claims['roles'])
  const scopes = readScopes(claims['scp'])
  const identity = readIdentity(claims, readFlow(claims, scopes), config.tenantId)
  const refuse = (failedCheck: CheckName, reason: string): Access => ({
    identity,
    checks: [],
    refusal: { failedCheck, reason },
  })
  if (!config.allowedCallers.includes(identity.caller))
    return refuse('caller', 'The client is not one of the agents that may call this API.')
  if (!mayBeCaller(identity.caller, claims, config))
    return refuse('caller', 'The client is not marked as an agent identity.')
  if (identity.flow === 'obo') {
    if (!scopes.includes('Weather.Read'))
      return refuse('permission', 'The token lacks the scope Weather.Read.')
  } else {
    if (claims['idtyp'] !== 'app' && claims['oid'] !== claims['sub'])
      return refuse('permission', 'The token is neither that of an app nor has it a scope of a user.')
    if (!roles.includes('Weather.Read.All'))
      return refuse('permission', 'The token lacks the app role Weather.Read.All.')
  }
  return { identity, checks: ['caller', 'permission'] }
}

function readIdentity(claims: Claims, flow: Identity['flow'], tenantId: string): Identity {
  const [actor, other] = claims['ver'] === '1.0' ? ['appid', 'azp'] : ['azp', 'appid']
  const { [actor]: caller, [other]: otherCaller = caller } = claims
  if (!isId(caller) || otherCaller !== caller)
    throw rejectToken('caller', 'The token does not name one client (azp or appid).')
  if (claims['cnf'] !== undefined)
    throw rejectToken('format', 'The token is bound to a key of its client (cnf), so it is no bearer token.')
  const objectId = optionalId(claims, 'oid')
  if (!objectId) throw rejectToken('format', 'The token has no object id (oid).')
  const blueprintAppId = optionalId(claims, 'xms_par_app_azp')
  return { flow, caller, objectId, tenantId, blueprintAppId, tokenId: optionalId(claims, 'uti') }
}

/** `idtyp` decides where the API asked for it, else the scopes do: only tokens for a user have any. */
function readFlow({ idtyp }: Claims, scopes: readonly string[]): Identity['flow'] {
  if (idtyp !== undefined && idtyp !== 'app' && idtyp !== 'user')
    throw rejectToken('permission', 'The token is neither of an app nor of a user (idtyp).')
  if (idtyp === 'app' && scopes.length > 0)
    throw rejectToken('permission', 'An app-only token cannot carry delegated scopes.')
  return idtyp === 'user' || scopes.length > 0 ? 'obo' : 'autonomous'
}

/**
 * Whether the facets of a caller, where the API asked for them, fit what it has to be: an agent identity if it is the
 * configured agent or if all callers have to be agents; any other caller may be an ordinary client.
 */
function mayBeCaller(caller: string, claims: Claims, config: TokenConfig): boolean {
  const facets = claims['xms_act_fct']
  if (facets === undefined) return !config.requireAgentMarker
  if (typeof facets !== 'string') throw rejectToken('format', 'The claim xms_act_fct is not a text.')
  const hasToBeAgent = config.requireAgentMarker || caller === config.agentClientId
  return !hasToBeAgent || facets.split(' ').includes(agentIdentityFacet)
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

function optionalId(claims: Claims, name: string): string | undefined {
  const value = claims[name]
  if (value !== undefined && !isId(value)) throw rejectToken('format', `The claim ${name} is not an id.`)
  return value
}

/** Ids go into the audit log, so nothing else may pass for one. */
function isId(value: unknown): value is string {
  return typeof value === 'string' && /^[\w-]{0,64}$/.test(value)
}
