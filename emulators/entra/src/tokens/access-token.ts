import type { Application, ServicePrincipal, User } from '../directory/types.ts'
import { wellKnown } from '../directory/well-known.ts'
import type { Entra } from '../entra.ts'
import { agentFacets } from './agent-facets.ts'
import { opaque, pairwiseSubject } from './opaque.ts'
import { type Claims, type IssuedToken, sign } from './sign.ts'

/** How a client proved who it is, as `azpacr`/`appidacr` tells: not at all, by secret, by certificate or assertion. */
export type ClientProof = '0' | '1' | '2'

/** The API a token is for, as the request named it. */
export interface TargetResource {
  readonly application: Application
  readonly principal: ServicePrincipal
  /** The identifier in the requested scope; v1 tokens carry it as `aud`. */
  readonly identifier: string
}

export interface AccessTokenRequest {
  readonly client: ServicePrincipal
  readonly proof: ClientProof
  readonly resource: TargetResource
  /** Absent: the client acts as itself. */
  readonly person?: { readonly user: User; readonly scopes: readonly string[]; readonly sessionId: string }
  readonly roles: readonly string[]
  readonly lifetimeSeconds?: number
  /** Claims that replace or join the usual ones; for tests. */
  readonly overrides?: Claims
}

/**
 * An access token in the version that the resource's registration asks for
 * (https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference).
 */
export function issueAccessToken(entra: Entra, request: AccessTokenRequest): Promise<IssuedToken> {
  const isV2 = request.resource.application.api.requestedAccessTokenVersion === 2
  const claims = {
    aud: isV2 ? request.resource.application.appId : request.resource.identifier,
    iss: isV2 ? entra.issuerV2 : entra.issuerV1,
    aio: opaque(24),
    ...(isV2
      ? { azp: request.client.appId, azpacr: request.proof }
      : { appid: request.client.appId, appidacr: request.proof }),
    ...graphClaims(entra, request),
    ...(request.person
      ? personClaims(entra, request, request.person, isV2)
      : { oid: request.client.id, sub: request.client.id, ...(isV2 ? {} : { idp: entra.issuerV1 }) }),
    rh: `1.${opaque(30)}`,
    ...(request.roles.length > 0 ? { roles: request.roles } : {}),
    tid: entra.config.tenantId,
    uti: opaque(16),
    ver: isV2 ? '2.0' : '1.0',
    ...agentFacets(request),
    xms_ftd: opaque(24),
    ...request.overrides,
  }
  return sign(entra, claims, request.lifetimeSeconds)
}

function personClaims(
  entra: Entra,
  { resource }: AccessTokenRequest,
  { user, scopes, sessionId }: NonNullable<AccessTokenRequest['person']>,
  isV2: boolean,
): Claims {
  return {
    ...(isV2
      ? { name: user.displayName, preferred_username: user.userPrincipalName }
      : {
          acr: '1',
          acct: 0,
          amr: ['pwd'],
          family_name: user.surname,
          given_name: user.givenName,
          ipaddr: '127.0.0.1',
          name: user.displayName,
          unique_name: user.userPrincipalName,
          upn: user.userPrincipalName,
        }),
    oid: user.id,
    scp: scopes.join(' '),
    sid: sessionId,
    sub: pairwiseSubject(entra.config.tenantId, user.id, resource.application.appId),
  }
}

/** Graph's tokens name the client, and the person as the client knows them. */
function graphClaims(entra: Entra, { client, person, resource }: AccessTokenRequest): Claims {
  if (resource.application.appId !== wellKnown.graphAppId) return {}
  return {
    app_displayname: client.displayName,
    ...(person
      ? { xms_st: { sub: pairwiseSubject(entra.config.tenantId, person.user.id, client.appId) } }
      : {}),
  }
}
