import type { ServicePrincipal } from '../directory/types.ts'
import { wellKnown } from '../directory/well-known.ts'
import type { Entra } from '../entra.ts'
import type { ClientProof } from './access-token.ts'
import { encodeGuid, opaque } from './opaque.ts'
import { type IssuedToken, sign } from './sign.ts'

/** Where T1's `sub` begins, up to the agent's id: this tenant, this blueprint. */
export function exchangeSubjectPrefix(tenantId: string, blueprintAppId: string): string {
  return `/eid1/c/pub/t/${encodeGuid(tenantId)}/a/${encodeGuid(blueprintAppId)}/`
}

/** T1: with it the agent that `fmiPath` names proves that its blueprint speaks for it. Version 2.0 with the v1 issuer, as Entra does it. */
export function issueExchangeToken(
  entra: Entra,
  request: { client: ServicePrincipal; proof: ClientProof; fmiPath: string | undefined },
): Promise<IssuedToken> {
  const { client, proof, fmiPath } = request
  return sign(entra, {
    aud: wellKnown.tokenExchangeAppId,
    iss: entra.issuerV1,
    aio: opaque(24),
    azp: client.appId,
    azpacr: proof,
    idtyp: 'app',
    oid: client.id,
    rh: `1.${opaque(30)}`,
    sub:
      fmiPath === undefined
        ? client.id
        : `${exchangeSubjectPrefix(entra.config.tenantId, client.appId)}${fmiPath}`,
    tid: entra.config.tenantId,
    uti: opaque(16),
    ver: '2.0',
    xms_act_fct: '3 9',
    xms_ficinfo: opaque(24),
    xms_ftd: opaque(24),
    xms_idrel: '7 14',
    xms_sub_fct: '9 3',
  })
}
