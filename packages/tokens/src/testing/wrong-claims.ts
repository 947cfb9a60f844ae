import { type Audience, autonomousClaims, onBehalfOfClaims } from './agent-claims.ts'
import { sampleIds } from './sample-ids.ts'
import type { Claims, TestIssuer } from './token-issuer.ts'

/** A token that must be refused, and the check that must fail. */
export interface BadToken {
  readonly name: string
  readonly token: string
  readonly status: 401 | 403
  readonly failedCheck: string
}

interface TokenShape {
  readonly version: 'v1' | 'v2'
  readonly flow: 'autonomous' | 'obo'
}

type ClaimChange = readonly [name: string, claims: Claims, status?: 401 | 403]
type ChangesOf = (shape: TokenShape, issuer: TestIssuer, api: Audience) => readonly ClaimChange[]

const { tenantId, agentClientId: agentId, blueprintAppId, pageAppId } = sampleIds
const otherId = '99999999-0000-4000-8000-000000000099'

const claimsOf = { autonomous: autonomousClaims, obo: onBehalfOfClaims }
const flowTitles = { autonomous: 'autonomous', obo: 'on behalf of' }
const shapes = (['v1', 'v2'] as const).flatMap(version =>
  (['autonomous', 'obo'] as const).map((flow): TokenShape => ({ version, flow })),
)

/** Tokens with each kind of wrong claim, v1 and v2, of the flows autonomous and obo, signed with the right key. */
export function wrongClaims(issuer: TestIssuer, api: Audience): BadToken[] {
  return shapes.flatMap(shape => {
    const { version, flow } = shape
    const claims = claimsOf[flow]({ version, authority: issuer.url, api })
    return Object.entries(claimChanges).flatMap(([failedCheck, changesOf]) =>
      changesOf(shape, issuer, api).map(([name, changes, status = 401]) => ({
        name: `${version} ${flowTitles[flow]}: ${name}`,
        token: issuer.sign({ ...claims, ...changes }),
        status,
        failedCheck,
      })),
    )
  })
}

const claimChanges: Readonly<Record<string, ChangesOf>> = {
  issuer: ({ version }, { url }) => [
    ['v2 issuer of another tenant', { iss: `${url}/${otherId}/v2.0`, ver: '2.0' }],
    ['v1 issuer of another tenant', { iss: `https://sts.windows.net/${otherId}/`, ver: '1.0' }],
    ['issuer of all tenants', { iss: `${url}/common/v2.0` }],
    ['issuer with a slash too many', { iss: `${url}/${tenantId}/v2.0/` }],
    ['issuer with a slash too few', { iss: `https://sts.windows.net/${tenantId}` }],
    ['issuer on a look-alike host', { iss: `${url}.example/${tenantId}/v2.0` }],
    ['issuer without https', { iss: `http://sts.windows.net/${tenantId}/` }],
    ['another authority', { iss: `https://login.chinacloudapi.cn/${tenantId}/v2.0` }],
    ['list of issuers', { iss: [`${url}/${tenantId}/v2.0`] }],
    ['no issuer', { iss: undefined }],
    ['version of the other issuer', { ver: version === 'v1' ? '2.0' : '1.0' }],
    ['version as a number', { ver: version === 'v1' ? 1 : 2 }],
    ['no version', { ver: undefined }],
  ],
  tenant: () => [
    ['another tenant', { tid: otherId }],
    ['list of tenants', { tid: [tenantId] }],
    ['no tenant', { tid: undefined }],
  ],
  audience: ({ version }, _issuer, { appId }) => [
    ...(version === 'v2' ? [['URI, as only a v1 token has it', { aud: `api://${appId}` }] as const] : []),
    ['for another API', { aud: otherId }],
    ['for Microsoft Graph', { aud: 'https://graph.microsoft.com' }],
    ['for the token exchange (T1)', { aud: 'api://AzureADTokenExchange' }],
    ['for the blueprint (Tc)', { aud: `api://${blueprintAppId}` }],
    ['list with the right audience', { aud: [appId] }],
    ['audience in capitals', { aud: appId.toUpperCase() }],
    ['audience with a slash', { aud: `api://${appId}/` }],
    ['empty audience', { aud: '' }],
    ['no audience', { aud: undefined }],
  ],
  lifetime: () => {
    const now = Math.floor(Date.now() / 1000)
    return [
      ['expired beyond the tolerance', { exp: now - 65 }],
      ['expired in 1970', { exp: 0 }],
      ['expiry as text', { exp: String(now + 3_600) }],
      ['fractional expiry', { exp: now + 3_600.5 }],
      ['expiry beyond all numbers', { exp: Number.MAX_VALUE }],
      ['expiry after the year 9999', { exp: 253_402_300_800 }],
      ['null as expiry', { exp: null }],
      ['no expiry', { exp: undefined }],
      ['valid only later', { nbf: now + 3_600 }],
      ['start as text', { nbf: String(now) }],
      ['issued in the future', { iat: now + 3_600 }],
      ['issue time as text', { iat: 'now' }],
      ['end before the start, though both are within the tolerance', { nbf: now + 30, exp: now - 30 }],
    ]
  },
  format: () => [
    ['facets of the subject in a list', { xms_sub_fct: ['13'] }],
    ['no object id', { oid: undefined }],
    ['empty object id', { oid: '' }],
    ['object id as a number', { oid: 7 }],
    ['object id of several words', { oid: `${agentId} ${otherId}` }],
    ['object id of more than 64 letters', { oid: 'a'.repeat(65) }],
    ['facets in a list', { xms_act_fct: ['11'] }],
    ['blueprint in a list', { xms_par_app_azp: [blueprintAppId] }],
    ['token id as a number', { uti: 1 }],
    ['bound to a key of the client', { cnf: { jwk: { kty: 'RSA', n: 'AQAB', e: 'AQAB' } } }],
    ['bound to a certificate of the client', { cnf: { 'x5t#S256': 'bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O8' } }],
    ['bound to nothing', { cnf: null }],
    ['subject in a list', { sub: [agentId] }],
    ['null as subject', { sub: null }],
    ['number as the id of the JWT', { jti: 1 }],
  ],
  caller: ({ version, flow }, _issuer, { role }) => {
    const [actor, other] = version === 'v1' ? (['appid', 'azp'] as const) : (['azp', 'appid'] as const)
    return [
      ['another client', { [actor]: otherId }, 403],
      ['the blueprint itself', { [actor]: blueprintAppId }, 403],
      ['the page', { [actor]: pageAppId }, 403],
      ['client in capitals', { [actor]: agentId.toUpperCase() }, 403],
      ['empty client', { [actor]: '' }, 403],
      ['list of clients', { [actor]: [agentId] }],
      ['no client', { [actor]: undefined }],
      ['client in the claim of the other version', { [actor]: undefined, [other]: agentId }],
      ['two different clients', { [other]: otherId }],
      ['no facet of an agent', { xms_act_fct: '9 3' }, 403],
      ['facet that only contains the digits', { xms_act_fct: '9 111 3' }, 403],
      ['empty facets', { xms_act_fct: '' }, 403],
      ['an agent user as client', { xms_act_fct: '11 13' }],
      ...(flow === 'autonomous'
        ? ([
            ['an agent as client only', { xms_sub_fct: '9 3' }],
            ['an agent user as subject of an app', { xms_sub_fct: '13' }],
            ['an agent identity as the user, by its type', { idtyp: 'user' }],
            ['an agent identity as the user, by a scope', { idtyp: undefined, scp: 'openid' }],
          ] as const)
        : ([
            ['an agent identity as the user', { xms_sub_fct: '11' }],
            ['a user as an app, by want of a scope', { idtyp: undefined, scp: undefined }],
            ['a user as an app, by a role', { idtyp: undefined, scp: undefined, roles: [role] }],
          ] as const)),
    ]
  },
  permission: ({ flow }, _issuer, { role, scope }) =>
    flow === 'autonomous'
      ? [
          ['no roles', { roles: undefined }, 403],
          ['empty roles', { roles: [] }, 403],
          ['another role', { roles: ['Other.Write.All'] }, 403],
          ['role in another case', { roles: [role.toLowerCase()] }, 403],
          ['scope name as a role', { roles: [scope] }, 403],
          ['several roles in one text', { roles: [`${role} Other`] }, 403],
          ['roles as text', { roles: role }],
          ['roles as numbers', { roles: [1] }],
          ['role and delegated scope', { scp: scope }],
          ['scope instead of a role', { roles: undefined, scp: scope }],
          ['neither app nor user', { idtyp: 'device' }],
          ['type of identity in a list', { idtyp: ['app'] }],
          ['unmarked, and not its own subject', { idtyp: undefined, sub: otherId }, 403],
          ['unmarked, without roles', { idtyp: undefined, roles: undefined }, 403],
        ]
      : [
          ['an agent user', { xms_sub_fct: '13 3' }, 403],
          ['no scope', { scp: undefined }, 403],
          ['empty scope', { scp: '' }, 403],
          ['another scope', { scp: 'openid profile' }, 403],
          ['a longer scope', { scp: `${scope}Write` }, 403],
          ['a scope with a prefix', { scp: `Other.${scope}` }, 403],
          ['scope in another case', { scp: scope.toUpperCase() }, 403],
          ['scope with a comma', { scp: `${scope},openid` }, 403],
          ['role name as a scope', { scp: role }, 403],
          ['scopes in a list', { scp: [scope] }],
          ['role of the user instead of a scope', { scp: undefined, roles: [role] }, 403],
          ['called an app', { idtyp: 'app' }],
          ['neither app nor user', { idtyp: 'device' }],
          ['unmarked, another scope', { idtyp: undefined, scp: 'openid', roles: [role] }, 403],
        ],
}
