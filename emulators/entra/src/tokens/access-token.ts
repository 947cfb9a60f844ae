import * as wellKnown from '@entra-agents/trace/well-known'
import type { Resource } from '../directory/directory.ts'
import type { Application, ServicePrincipal, User } from '../directory/objects.ts'
import type { Entra } from '../entra.ts'
import { type Claims, type IssuedToken, signToken } from './jwt.ts'
import { encodeGuid, opaqueValue, pairwiseSubject } from './opaque.ts'

export type ClientAuthentication = 'none' | 'secret' | 'certificate' | 'federation'

/** The values of `azpacr` and `appidacr`. */
export const authenticationClass = { none: '0', secret: '1', certificate: '2', federation: '2' } as const

/** The API that a token is for, with the identifier by which it was requested. */
export interface TargetResource extends Resource {
  /** The identifier in the requested scope; v1 tokens carry it as `aud`. */
  readonly identifier: string
}

export interface AccessTokenRequest {
  readonly client: ServicePrincipal
  readonly authentication: ClientAuthentication
  readonly resource: TargetResource
  /** Whom the client acts for; `undefined` if it acts as itself. */
  readonly signedIn?: {
    readonly user: User
    readonly scopes: readonly string[]
    readonly sessionId: string
    /** Authentication contexts that the sign-in proved. */
    readonly contexts?: readonly string[]
  }
  readonly roles: readonly string[]
  /** What the client says that it can do, such as `cp1`. */
  readonly capabilities?: readonly string[]
  readonly lifetimeSeconds?: number | undefined
  /** Claims that are added or replaced, for tests. */
  readonly overrides?: Claims | undefined
}

/** Issues an access token in the version that the API demands (learn.microsoft.com/entra/identity-platform/access-token-claims-reference). */
export function issueAccessToken(entra: Entra, request: AccessTokenRequest): Promise<IssuedToken> {
  const { client, resource, roles, signedIn } = request
  const isV2 = resource.application.api.requestedAccessTokenVersion === 2
  const authentication = authenticationClass[request.authentication]
  const claims = {
    aud: isV2 ? resource.application.appId : resource.identifier,
    iss: isV2 ? entra.issuerV2 : entra.issuerV1,
    aio: opaqueValue(24),
    ...(isV2
      ? { azp: client.appId, azpacr: authentication }
      : { appid: client.appId, appidacr: authentication }),
    ...graphClaims(entra, request),
    ...(signedIn
      ? userClaims(entra, resource, signedIn, isV2)
      : { oid: client.id, sub: client.id, ...(isV2 ? {} : { idp: entra.issuerV1 }) }),
    rh: `1.${opaqueValue(30)}`,
    ...(roles.length > 0 ? { roles } : {}),
    tid: entra.config.tenantId,
    uti: opaqueValue(16),
    ver: isV2 ? '2.0' : '1.0',
    ...optionalClaims(request),
    xms_ftd: opaqueValue(24),
    ...request.overrides,
  }
  return signToken(entra, claims, request.lifetimeSeconds ?? lifetimeFor(entra, client))
}

function lifetimeFor({ settings, config }: Entra, { kind }: ServicePrincipal): number {
  const longest = kind === 'agentIdentity' ? config.agentTokenLifetimeSeconds : Infinity
  return Math.min(settings.current.tokenLifetimeSeconds, longest)
}

function userClaims(
  entra: Entra,
  { application }: TargetResource,
  { user, scopes, sessionId, contexts = [] }: NonNullable<AccessTokenRequest['signedIn']>,
  isV2: boolean,
): Claims {
  const { userPrincipalName } = user
  return {
    ...(isV2
      ? { preferred_username: userPrincipalName }
      : {
          ...(user.identityParentId === undefined ? { amr: ['pwd'] } : {}),
          unique_name: userPrincipalName,
          upn: userPrincipalName,
        }),
    ...(contexts.length > 0 ? { acrs: contexts } : {}),
    ...groupsClaim(entra, application, user),
    name: user.displayName,
    oid: user.id,
    scp: scopes.join(' '),
    ...(sessionId === '' ? {} : { sid: sessionId }),
    sub: pairwiseSubject(entra.config.tenantId, user.id, application.appId),
  }
}

/** The user's groups, if the application that the token is for asks for them. */
export function groupsClaim(entra: Entra, { groupMembershipClaims: which }: Application, user: User): Claims {
  if (which === null) return {}
  const groups = entra.directory.groupsOf(user.id).filter(({ kind }) => which === 'All' || kind === 'group')
  return groups.length > 0 ? { groups: groups.map(({ id }) => id) } : {}
}

/** Claims that only tokens for Graph have. */
function graphClaims(entra: Entra, { client, signedIn, resource }: AccessTokenRequest): Claims {
  if (resource.application.appId !== wellKnown.graphAppId) return {}
  const sub = signedIn && pairwiseSubject(entra.config.tenantId, signedIn.user.id, client.appId)
  return { app_displayname: client.displayName, ...(sub === undefined ? {} : { xms_st: { sub } }) }
}

/** The optional claims that the API's registration asks for. */
function optionalClaims(request: AccessTokenRequest): Claims {
  const facets = optionalClaimValues(request)
  const wanted = (request.resource.application.optionalClaims?.accessToken ?? []).filter(
    ({ name, additionalProperties }) =>
      facets[name] !== undefined &&
      (name !== 'idtyp' || !request.signedIn || additionalProperties.includes('include_user_token')),
  )
  return Object.fromEntries(wanted.map(({ name }) => [name, facets[name]]))
}

/** https://learn.microsoft.com/entra/agent-id/agent-token-claims */
function optionalClaimValues({ client, signedIn, capabilities = [] }: AccessTokenRequest): Claims {
  const isAgent = client.kind === 'agentIdentity'
  const ofUser = signedIn?.user.identityParentId === undefined ? '2 3' : '13 3'
  return {
    idtyp: signedIn ? 'user' : 'app',
    xms_act_fct: isAgent ? '9 3 11' : '9 3',
    xms_sub_fct: signedIn ? ofUser : isAgent ? '11 3 9' : '3 9',
    xms_tnt_fct: '3 8',
    xms_idrel: signedIn ? '1 8' : isAgent ? '7 22' : '7 14',
    upn: signedIn?.user.userPrincipalName,
    xms_par_app_azp: client.agentIdentityBlueprintId ?? undefined,
    xms_cc: capabilities.length > 0 ? capabilities : undefined,
  }
}

/** A claim of tokens that were acquired by a federated identity credential. */
export const federationClaim = 'xms_ficinfo'

/** T1's `sub`, which names tenant, blueprint and agent. */
export function exchangeSubject(entra: Entra, blueprintAppId: string, agentId: string): string {
  return `/eid1/c/pub/t/${encodeGuid(entra.config.tenantId)}/a/${encodeGuid(blueprintAppId)}/${agentId}`
}

/**
 * Issues T1, by which the agent `fmiPath` authenticates, or without `fmiPath` the client's own token: an agent's T2. As in Entra,
 * each has `ver` 2.0, but only T2 has the v2.0 issuer.
 */
export function issueExchangeToken(
  entra: Entra,
  client: ServicePrincipal,
  authentication: ClientAuthentication,
  fmiPath: string | undefined,
): Promise<IssuedToken> {
  const { agentIdentityBlueprintId: blueprintId } = client
  return signToken(entra, {
    aud: wellKnown.tokenExchangeAudience,
    iss: blueprintId === null ? entra.issuerV1 : entra.issuerV2,
    aio: opaqueValue(24),
    azp: client.appId,
    azpacr: authenticationClass[authentication],
    idtyp: 'app',
    oid: client.id,
    rh: `1.${opaqueValue(30)}`,
    sub: fmiPath === undefined ? client.id : exchangeSubject(entra, client.appId, fmiPath),
    tid: entra.config.tenantId,
    uti: opaqueValue(16),
    ver: '2.0',
    xms_act_fct: blueprintId === null ? '3 9' : '11 9 1',
    ...(authentication === 'federation' ? { [federationClaim]: opaqueValue(24) } : {}),
    xms_ftd: opaqueValue(24),
    xms_idrel: blueprintId === null ? '7 14' : '7 28',
    ...(blueprintId === null ? {} : { xms_par_app_azp: blueprintId }),
    xms_sub_fct: blueprintId === null ? '9 3' : '9 1 11',
  })
}
