import { sampleIds } from './sample-ids.ts'
import type { Claims } from './token-issuer.ts'

type TokenVersion = 'v1' | 'v2'

/** The API that a token is for. */
export interface Audience {
  readonly appId: string
  readonly role: string
  readonly scope: string
}

export const weatherApi: Audience = {
  appId: 'aaaaaaaa-0000-4000-8000-00000000000a',
  role: 'Weather.Read.All',
  scope: 'Weather.Read',
}

const { tenantId, agentClientId: agentId, blueprintAppId, ada } = sampleIds

interface TokenOptions {
  readonly version?: TokenVersion
  /** Entra's origin, with which the issuer of version 2 tokens begins. */
  readonly authority: string
  /** Default: the weather API. */
  readonly api?: Audience
  /** Claims to add or replace; `undefined` removes one. */
  readonly claims?: Claims
}

let serial = 0

/** Claims of TR in the autonomous flow, as Entra shapes them for a custom API. */
export function autonomousClaims(options: TokenOptions): Claims {
  const { role } = options.api ?? weatherApi
  return {
    ...commonClaims(options),
    idtyp: 'app',
    oid: agentId,
    sub: agentId,
    roles: [role],
    xms_act_fct: '9 3 11',
    xms_sub_fct: '11 3 9',
    xms_par_app_azp: blueprintAppId,
    ...options.claims,
  }
}

/** Claims of TR in the on-behalf-of flow; the user is Ada unless `claims.oid` says otherwise. */
export function onBehalfOfClaims(options: TokenOptions): Claims {
  const { scope } = options.api ?? weatherApi
  return {
    ...commonClaims(options),
    idtyp: 'user',
    oid: ada,
    sub: 'pairwise-subject-of-ada',
    name: 'Ada Osei',
    scp: scope,
    xms_act_fct: '11 9 3',
    xms_sub_fct: '2 3',
    xms_par_app_azp: blueprintAppId,
    ...options.claims,
  }
}

function commonClaims({ version = 'v2', authority, api = weatherApi }: TokenOptions): Claims {
  const { appId } = api
  const now = Math.floor(Date.now() / 1000)
  const perVersion =
    version === 'v1'
      ? {
          aud: `api://${appId}`,
          iss: `https://sts.windows.net/${tenantId}/`,
          ver: '1.0',
          appid: agentId,
          appidacr: '2',
        }
      : {
          aud: appId,
          iss: `${authority}/${tenantId}/v2.0`,
          ver: '2.0',
          azp: agentId,
          azpacr: '2',
        }
  serial += 1
  return { ...perVersion, tid: tenantId, iat: now - 5, nbf: now - 5, exp: now + 3_600, uti: `uti-${serial}` }
}
