import { identities } from './identities.ts'
import type { Claims } from './token-issuer.ts'

type TokenVersion = 'v1' | 'v2'

interface TokenOptions {
  readonly version?: TokenVersion
  /** The issuer's authority; only in v2 issuers. */
  readonly authority: string
  /** Claims to add or replace; `undefined` removes one. */
  readonly claims?: Claims
}

let serial = 0

/** Claims of TR in the autonomous flow, as Entra shapes them for a custom API. */
export function autonomousClaims(options: TokenOptions): Claims {
  const { agentId, blueprintAppId } = identities
  return {
    ...commonClaims(options),
    idtyp: 'app',
    oid: agentId,
    sub: agentId,
    roles: ['Weather.Read.All'],
    xms_act_fct: '9 3 11',
    xms_sub_fct: '11 3 9',
    xms_par_app_azp: blueprintAppId,
    ...options.claims,
  }
}

/** Claims of TR in the on-behalf-of flow; the user is Ada unless `claims.oid` says otherwise. */
export function onBehalfOfClaims(options: TokenOptions): Claims {
  const { ada, blueprintAppId } = identities
  return {
    ...commonClaims(options),
    idtyp: 'user',
    oid: ada.oid,
    sub: 'pairwise-subject-of-ada',
    name: ada.name,
    scp: 'Weather.Read',
    xms_act_fct: '11 9 3',
    xms_sub_fct: '2 3',
    xms_par_app_azp: blueprintAppId,
    ...options.claims,
  }
}

function commonClaims({ version = 'v2', authority }: TokenOptions): Claims {
  const { agentId, tenantId, weatherAppId } = identities
  const now = Math.floor(Date.now() / 1000)
  const perVersion =
    version === 'v1'
      ? {
          aud: `api://${weatherAppId}`,
          iss: `https://sts.windows.net/${tenantId}/`,
          ver: '1.0',
          appid: agentId,
          appidacr: '2',
        }
      : {
          aud: weatherAppId,
          iss: `${authority}/${tenantId}/v2.0`,
          ver: '2.0',
          azp: agentId,
          azpacr: '2',
        }
  serial += 1
  return { ...perVersion, tid: tenantId, iat: now - 5, nbf: now - 5, exp: now + 3_600, uti: `uti-${serial}` }
}
