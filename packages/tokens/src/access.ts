import { readContexts } from './authentication-context.ts'
import {
  type AllowedCaller,
  type CallerFlow,
  type CallerIdentity,
  callerKinds,
  type Facets,
  type Identity,
  readCallerKind,
  readFacets,
  readIdentity,
} from './caller.ts'
import type { Claims } from './decode-token.ts'
import { type CheckName, TokenRefused } from './token-refused.ts'

/** What a call demands of its token. */
export interface AccessNeeds {
  /**
   * The permission that a token needs in each flow, or several of which one is enough: app roles for callers as themselves,
   * scopes for all others. Flows that are not listed are refused.
   */
  readonly permissions: Readonly<Partial<Record<CallerFlow, string | readonly string[]>>>
  /**
   * The authentication context of Conditional Access that tokens for users have to prove, such as `c1`. It proves something
   * only if an enabled policy names it: Entra grants a context without a policy to everybody. Default: none.
   */
  readonly authenticationContext?: string | undefined
}

/** Which clients may call, and what they need. */
export interface AccessRules extends AccessNeeds {
  /** The clients that may call; `'any'` lets in all clients that have a token for this API. */
  readonly callers: readonly AllowedCaller[] | 'any'
  /** Refuse clients that `xms_act_fct` does not mark as agents. The app registration must request this optional claim. */
  readonly requireAgentMarker?: boolean
}

/** The decision: who calls, which only callers that may call have, or why they may not. */
export type Access =
  | { readonly identity: CallerIdentity; readonly checks: readonly CheckName[]; readonly refusal?: undefined }
  | { readonly identity?: undefined; readonly refusal: Refusal }

/** Why the caller may not use the API. */
export interface Refusal {
  readonly failedCheck: CheckName
  readonly reason: string
  /** Whether only this token is refused, so that another token of the caller may be accepted. */
  readonly isOfToken: boolean
  /** The checks that were passed before. */
  readonly passed: readonly CheckName[]
  /** Whose token it is, for logs. */
  readonly refused: Identity
}

/**
 * Decides from the claims of a verified token who calls and whether they may. Identity and permission are one decision: the
 * client must be allowed, and its token needs the permission of its flow.
 *
 * @throws {TokenRefused} for claims that Entra never issues
 */
export function decideAccess(claims: Claims, rules: AccessRules): Access {
  const { requireAgentMarker = false, permissions, authenticationContext: context } = rules
  const roles = readRoles(claims['roles'])
  const scopes = readScopes(claims['scp'])
  const named = readIdentity(claims, readIsDelegated(claims, scopes))
  let refused: Identity = named
  const passed: CheckName[] = []
  const refuse = (failedCheck: CheckName, reason: string, isOfToken = false): Access => ({
    refusal: { failedCheck, reason, isOfToken, passed, refused },
  })
  const callers = rules.callers === 'any' ? [{ clientId: named.caller }] : rules.callers
  const caller = callers.find(({ clientId }) => clientId === named.caller)
  if (!caller) return refuse('caller', 'The client is not one of those that may call this API.')
  const facets = { actor: readFacets(claims, 'xms_act_fct'), subject: readFacets(claims, 'xms_sub_fct') }
  if (!hasRequiredMarker(caller, facets.actor, requireAgentMarker))
    return refuse('caller', 'The client is not marked as an agent identity.')
  const kind = readCallerKind(named, facets, caller, callers)
  const { flow, isDelegated } = callerKinds[kind]
  const identity = { ...named, flow, kind }
  refused = identity
  passed.push('caller')
  const wanted = [permissions[flow] ?? []].flat()
  if (wanted.length === 0) return refuse('permission', `This API takes no calls of the kind ${kind}.`)
  if (!isDelegated && claims['idtyp'] !== 'app' && claims['oid'] !== claims['sub'])
    return refuse('permission', 'The token is neither that of an app nor has it a scope of a user.')
  const [held, name] = isDelegated ? [scopes, 'scope'] : [roles, 'app role']
  if (!wanted.some(permission => held.includes(permission)))
    return refuse('permission', `The token lacks the ${name} ${wanted.join(' or ')}.`)
  passed.push('permission')
  if (!isDelegated || context === undefined) return { identity, checks: passed }
  const contexts = readContexts(claims)
  if (contexts === undefined) return refuse('context', 'The acrs claim is not a list of texts.', true)
  if (!contexts.includes(context))
    return refuse('context', `The token does not prove the authentication context ${context}.`)
  return { identity, checks: [...passed, 'context'] }
}

/** Whether a token is for a user: by `idtyp` if the API requests this claim, else by its scopes, which only such tokens have. */
function readIsDelegated({ idtyp }: Claims, scopes: readonly string[]): boolean {
  if (idtyp !== undefined && idtyp !== 'app' && idtyp !== 'user')
    throw new TokenRefused('permission', 'The token is neither of an app nor of a user (idtyp).')
  if (idtyp === 'app' && scopes.length > 0)
    throw new TokenRefused('permission', 'An app-only token cannot carry delegated scopes.')
  return idtyp === 'user' || scopes.length > 0
}

/** With `requireAgentMarker` every token needs the mark of an agent; else only a listed agent's token that has `xms_act_fct`. */
function hasRequiredMarker(
  { isAgent = false }: AllowedCaller,
  facets: Facets | undefined,
  requireAgentMarker: boolean,
): boolean {
  if (facets === undefined) return !requireAgentMarker
  return facets.isAgent || !(isAgent || requireAgentMarker)
}

function readRoles(roles: unknown): readonly string[] {
  if (roles === undefined) return []
  if (Array.isArray(roles) && roles.every(role => typeof role === 'string')) return roles
  throw new TokenRefused('permission', 'The roles claim is not a list of texts.')
}

/** The scopes of a token. Some app-only tokens have "/" for no scopes. */
function readScopes(scopes: unknown): readonly string[] {
  if (scopes === undefined) return []
  if (typeof scopes !== 'string') throw new TokenRefused('permission', 'The scp claim is not a text.')
  return scopes.split(' ').filter(scope => scope !== '' && scope !== '/')
}
