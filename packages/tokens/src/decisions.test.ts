import { writeFileSync } from 'node:fs'
import { temporaryFile } from '@entra-agents/service-kit/testing/temporary-file'
import { afterAll, expect, it, vi } from 'vitest'
import type { AccessNeeds } from './access.ts'
import { AccessRefused } from './access-refused.ts'
import type { Decision, ResourceServerOptions } from './options.ts'
import { type Caller, createResourceServer } from './resource-server.ts'
import { weatherApi } from './testing/agent-claims.ts'
import { sampleIds } from './testing/sample-ids.ts'
import { type Claims, createIssuer } from './testing/token-issuer.ts'
import { agentToken, userToken, weatherApiOptions } from './testing/weather-api.ts'
import { describeAccess } from './validated.ts'

// Golden lines have no times, and no token expires while a busy machine signs the next one.
vi.useFakeTimers({ toFake: ['Date', 'performance'], now: Date.UTC(2026, 6, 1) })
const now = Date.UTC(2026, 6, 1) / 1000
const issuer = await createIssuer()
afterAll(async () => {
  vi.useRealTimers()
  await issuer.close()
})

const { tenantId, agentClientId: agentId, ada, ben } = sampleIds
const [stranger, client, itself] = [99, 77, 78].map(n => `99999999-0000-4000-8000-0000000000${n}`) as [
  string,
  string,
  string,
]
const names: Readonly<Record<string, string>> = {
  [issuer.url]: 'https://login.example',
  [tenantId]: '‹tenant›',
  [weatherApi.appId]: '‹API›',
  [agentId]: '‹agent›',
  [ada]: '‹Ada›',
  [ben]: '‹Ben›',
  [stranger]: '‹stranger›',
  [client]: '‹client›',
  [itself]: '‹the client’s own principal›',
}

type Call = readonly [title: string, token: string, needs?: AccessNeeds]
const agentCall = (claims: Claims, version?: 'v1'): Call => [
  `the agent, ${shown(claims, version)}`,
  agentToken(issuer, claims, version),
]
const userCall = (claims: Claims, version?: 'v1'): Call => [
  `for Ada, ${shown(claims, version)}`,
  userToken(issuer, claims, version),
]
const shown = (claims: Claims, version = 'v2') =>
  `${version} ${JSON.stringify(claims, (_name, value) => (value === undefined ? 'missing' : value))}`
const headerCall = (header: Claims): Call => [
  `header ${JSON.stringify(header)}`,
  agentToken({ ...issuer, sign: claims => issuer.sign(claims, header) }),
]
const withoutMarkers = {
  idtyp: undefined,
  xms_act_fct: undefined,
  xms_sub_fct: undefined,
  xms_par_app_azp: undefined,
}
/** Claims of a client that is no agent, at an API that requests facets as optional claims. */
const ordinary = { azp: client, xms_act_fct: '9 3', xms_par_app_azp: undefined }
const alone = { ...ordinary, oid: itself, sub: itself, xms_sub_fct: '3 9' }
const callers = [{ clientId: agentId, isAgent: true }, { clientId: client }]
const clientCalls = [userCall(ordinary), agentCall(alone), agentCall({ ...alone, roles: undefined })]
const own = { azp: stranger, oid: stranger, sub: stranger }

const padded = (length: number) => `Bearer${agentToken(issuer).padStart(length - 'Bearer'.length)}`
const forged = (token: string) => `${token.split('.').slice(0, 2).join('.')}.AAAA`
const denyList = temporaryFile('deny-list.json')
writeFileSync(
  denyList,
  JSON.stringify([{ agent: stranger }, { agent: agentId, issuedBefore: now }, { uti: 'stolen' }]),
)
const needing = (needs: AccessNeeds, [title, token]: Call): Call => [title, token, needs]
const stepUp: AccessNeeds = { permissions: { obo: 'Alerts.ReadWrite' }, authenticationContext: 'c1' }

// biome-ignore format: table
const apis: readonly (readonly [title: string, options: Partial<ResourceServerOptions>, calls: readonly Call[]])[] = [
  ['Tokens that pass', {}, [
    agentCall({}), agentCall({}, 'v1'), userCall({}), userCall({}, 'v1'),
    agentCall({ aud: weatherApi.appId }, 'v1'), agentCall({ aud: `api://${weatherApi.appId}` }, 'v1'),
    agentCall(withoutMarkers), agentCall({ ...withoutMarkers, scp: '/' }), agentCall({ ...withoutMarkers, scp: '' }), userCall({ ...withoutMarkers, oid: ben }),
    agentCall({ scp: '/' }), agentCall({ scp: '' }), agentCall({ roles: ['Other.Role', 'Weather.Read.All'] }), agentCall({ xms_act_fct: '11' }),
    agentCall({ nbf: undefined, iat: undefined }), agentCall({ nbf: 0, iat: 0 }), agentCall({ sub: 'another subject' }),
    agentCall({ groups: ['a'], wids: [], xms_unknown: { deep: [1, { x: null }] } }), agentCall({ azp: agentId, appid: agentId }),
    userCall({ scp: 'openid Weather.Read profile' }, 'v1'), userCall({ roles: ['Weather.Read.All'] }, 'v1'),
    headerCall({ typ: undefined }), headerCall({ typ: 'jwt' }), headerCall({ typ: 'at+jwt', x5t: 'thumbprint' }),
  ]],
  ['The scheme in any letter case', {}, ['bearer', 'BEARER', 'bEaReR  '].map(scheme => [JSON.stringify(scheme), `${scheme} ${agentToken(issuer)}`])],
  ['Clocks that differ by a minute, and by more', {}, [
    ...[{ exp: now - 59 }, { nbf: now + 60, exp: now + 3_600 }, { iat: now + 60 }, { exp: 253_402_300_799 }],
    ...[{ exp: now - 60 }, { nbf: now + 61, exp: now + 3_600 }, { iat: now + 61 }],
  ].map(times => agentCall({ nbf: now - 60, ...times }))],
  ['Tokens with one wrong claim', {}, [
    ...[{ iss: `https://sts.windows.net/${stranger}/` }, { iss: `https://sts.windows.net/${tenantId}/` }, { tid: stranger }],
    ...[{ aud: stranger }, { aud: `api://${weatherApi.appId}` }, { aud: [weatherApi.appId] }, { exp: 1 }, { exp: undefined }],
    ...[{ azp: stranger }, { roles: [] }, { roles: 'Weather.Read.All' }, { cnf: {} }, { jti: 7 }],
  ].map(claims => agentCall(claims))],
  ['Headers without one usable token', {}, [
    ...['', 'Bearer', 'Bearer ', 'Bearer a b', 'Bearer a!', 'NoBearer e30.e30.e30', 'Bearers e30.e30.e30', 'Bearer a.b.c'].map((header): Call => [JSON.stringify(header), header]),
    ['14,000 characters', padded(14_000)], ['14,001 characters', padded(14_001)],
  ]],
  ['Key ids of any form', {}, ['-KI3Q9nNR7bRofxmeZoXqbHZGew', 'key.1~2', 'a'.repeat(128), 'a'.repeat(129), '\ud800', 'a b', '%', '\u0000', 'é', '', 7, undefined].map(kid => headerCall({ kid }))],
  ['Other callers are listed', { callers: [{ clientId: stranger }, { clientId: client }] }, [agentCall(own), agentCall({})]],
  ['A client that is no agent is listed', { callers }, clientCalls],
  ['A client that is no agent is not listed', {}, clientCalls],
  ['Callers have to be marked as agents', { callers, requireAgentMarker: true }, [...clientCalls, agentCall({}), agentCall(withoutMarkers)]],
  ['Any client may call', { callers: 'any' }, [...clientCalls, agentCall(own), userCall({ azp: stranger })]],
  ['No call of an agent as itself is taken', { permissions: { obo: 'Weather.Read' } }, [agentCall({})]],
  ['Signatures are not verified', { verifySignature: false }, [
    ['a forged token', forged(agentToken(issuer))], ['a forged token that has expired', forged(agentToken(issuer, { exp: 1 }))],
    ['a forged token for another API', forged(agentToken(issuer, { aud: 'other' }))],
    ['a forged token without roles', forged(agentToken(issuer, { roles: [] }))], ['malformed claims', `${agentToken(issuer).split('.')[0]}.e30.A`],
    headerCall({ alg: 'none' }), headerCall({ alg: 'HS256' }), headerCall({ alg: 'PS256' }),
  ]],
  ['The authentication context c1 is wanted of users', { authenticationContext: 'c1' }, [
    ...[['p1', 'c1'], undefined, [], ['c10'], ['C1'], 'c1', 'c10 c1', { 0: 'c1' }, [1], null].map(acrs => userCall({ acrs })),
    userCall({ scp: 'Other.Read' }), agentCall({}),
  ]],
  ['Some calls need more', { permissions: { autonomous: 'Weather.Read.All', obo: ['Weather.Read', 'Alerts.ReadWrite'] }, resource: 'https://weather.contoso.example/mcp' }, [
    userCall({ scp: 'Weather.Read' }), userCall({ scp: 'Alerts.ReadWrite' }), userCall({ scp: 'Other' }),
    ...[{ scp: 'Weather.Read', acrs: ['c1'] }, { scp: 'Alerts.ReadWrite' }, { scp: 'Weather.Read Alerts.ReadWrite', acrs: ['c1'] }].map(claims => needing(stepUp, userCall(claims))),
  ]],
  ['A deny list has an agent, an agent’s older tokens and one token', { denyList, callers: [agentId, stranger].map(clientId => ({ clientId, isAgent: true })) }, [
    agentCall({ ...own, iat: now + 30 }), userCall({ azp: stranger, iat: now + 30 }), agentCall({ ...own, iat: now, roles: [] }),
    agentCall({ iat: now }), agentCall({ iat: now - 1 }), agentCall({ iat: undefined }), agentCall({ iat: now, uti: 'stolen' }), agentCall({ ...own, iat: now, aud: 'other' }),
  ]],
  ['The configured deny list has not been read', { denyList: temporaryFile('missing.json') }, [agentCall({}), ['no valid token', 'e30.e30.e30']]],
  ['Keys cannot be fetched', { authority: 'http://127.0.0.1:9' }, [agentCall({})]],
]

it('An API decides about each token, and says why it refuses one, as the text says', async () => {
  const lines: string[] = []
  for (const [title, options, calls] of apis) {
    lines.push(title)
    const decisions: Decision[] = []
    const onDecision = (decision: Decision) => void decisions.push(decision)
    const server = createResourceServer({ ...weatherApiOptions(issuer.url), ...options, onDecision })
    for (const [call, token, needs] of calls) {
      const header = /^(?:$|\w*bearer)/i.test(token) ? token : `Bearer ${token}`
      const found = await server.authorize(header, needs).catch((error: unknown) => error)
      lines.push(`- ${call}`, ...outcomeLines(found, decisions.pop()))
    }
    await server.close()
  }
  const text = Object.entries(names).reduce((all, [id, name]) => all.replaceAll(id, name), lines.join('\n'))
  await expect(`${text.replaceAll(/uti-\d+/g, 'uti-n')}\n`).toMatchFileSnapshot('decisions.txt')
})

function outcomeLines(found: unknown, decision: Decision | undefined): string[] {
  if (!(found instanceof AccessRefused)) {
    expect(decision).toMatchObject({ outcome: 'OK', identity: { tokenId: expect.any(String) } })
    const { flow, kind, caller, checks, ...more } = describeAccess(found as Caller)
    return [`  in: ${flow} ${kind} ${caller} ${JSON.stringify(more)} ${namesOf(checks)}`]
  }
  const { status, code, detail, failedCheck, checks } = found.problem
  const { 'content-type': _type, ...headers } = found.headers
  expect(decision).toMatchObject({ outcome: failedCheck ?? code, durationMs: expect.any(Number) })
  return [
    `  ${status} ${code}: ${detail} ${namesOf(checks)}`,
    ...Object.entries(headers).map(([name, value]) => `  ${name}: ${value}`),
    ...(decision?.identity ? [`  token of ${JSON.stringify(decision.identity)}`] : []),
  ]
}

const namesOf = (checks: AccessRefused['problem']['checks'] = []) =>
  `(${checks.map(({ name, ok }) => (ok ? name : `not ${name}`)).join(' ')})`
