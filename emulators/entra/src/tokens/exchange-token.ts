import type { ServicePrincipal } from '../directory/objects.ts'
import { wellKnown } from '../directory/well-known.ts'
import type { Entra } from '../entra.ts'
import { authenticationClass, type ClientAuthentication } from './access-token.ts'
import { type IssuedToken, sign } from './jwt.ts'
import { encodeGuid, opaque } from './opaque.ts'

/** The claim of a token that was acquired by a federated identity credential. */
export const federationClaim = 'xms_ficinfo'

/** T1's `sub`: this tenant, this blueprint, this agent. */
export function exchangeSubject(entra: Entra, blueprintAppId: string, agentId: string): string {
  return `/eid1/c/pub/t/${encodeGuid(entra.config.tenantId)}/a/${encodeGuid(blueprintAppId)}/${agentId}`
}

/**
 * T1: with it the agent that `fmiPath` names authenticates, for its blueprint speaks for it; without one an
 * application's own token for the exchange. Version 2.0 with the v1 issuer, as Entra does it.
 */
export function issueExchangeToken(
  entra: Entra,
  client: ServicePrincipal,
  authentication: ClientAuthentication,
  fmiPath: string | undefined,
): Promise<IssuedToken> {
  return sign(entra, {
    aud: wellKnown.tokenExchangeAppId,
    iss: entra.issuerV1,
    aio: opaque(24),
    azp: client.appId,
    azpacr: authenticationClass[authentication],
    idtyp: 'app',
    oid: client.id,
    rh: `1.${opaque(30)}`,
    sub: fmiPath === undefined ? client.id : exchangeSubject(entra, client.appId, fmiPath),
    tid: entra.config.tenantId,
    uti: opaque(16),
    ver: '2.0',
    xms_act_fct: '3 9',
    ...(authentication === 'federation' ? { [federationClaim]: opaque(24) } : {}),
    xms_ftd: opaque(24),
    xms_idrel: '7 14',
    xms_sub_fct: '9 3',
  })
}
