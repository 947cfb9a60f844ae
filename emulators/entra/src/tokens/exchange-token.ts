import type { ServicePrincipal } from '../directory/objects.ts'
import { wellKnown } from '../directory/well-known.ts'
import type { Entra } from '../entra.ts'
import { authenticationClass, type ClientAuthentication } from './access-token.ts'
import { type IssuedToken, signToken } from './jwt.ts'
import { encodeGuid, opaqueValue } from './opaque.ts'

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
