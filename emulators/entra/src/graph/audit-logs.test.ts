import { expect, it } from 'vitest'
import { ada, signIn } from '../testing/browser.ts'
import { startGraphForFile } from '../testing/graph-client.ts'
import { requestObo, requestT1, requestT2, requestTr, requestTrAsUser, t1Of } from '../testing/requests.ts'
import { seedIds } from '../testing/seed-ids.ts'
import {
  agentId,
  blueprintAppId,
  requestToken,
  setupAppId,
  spaAppId,
  weatherAppId,
} from '../testing/start-entra.ts'

const { entra, graph } = await startGraphForFile()
const signIns = '/beta/auditLogs/signIns'
const audits = '/beta/auditLogs/directoryAudits'

type Parameters = Readonly<Record<string, string | number>>
const addressOf = (path: string, parameters: Parameters) =>
  `${path}?${Object.entries(parameters)
    .map(([name, value]) => `$${name}=${encodeURIComponent(value)}`)
    .join('&')}`
const get = (path: string, parameters: Parameters = {}, headers = {}) =>
  graph.send('GET', addressOf(path, parameters), undefined, undefined, headers)
const read = async (path: string, filter?: string, headers = {}) =>
  (await get(path, filter === undefined ? {} : { filter }, headers)).body.value
const withAll = { prefer: 'include-unknown-enum-members' }
const types = (...wanted: string[]) =>
  `signInEventTypes/any(t: ${wanted.map(type => `t eq '${type}'`).join(' or ')})`

/** A request of each kind, from the first to the last. */
async function requestAll() {
  const { access_token: tc } = (await signIn(entra, ada)).body
  const t1 = await t1Of(entra)
  await requestTr(entra, { client_assertion: t1 })
  await requestObo(entra, tc, { client_assertion: t1 })
  const { access_token: t2 } = (await requestT2(entra, { client_assertion: t1 })).body
  await requestTrAsUser(entra, { client_assertion: t1, user_federated_identity_credential: t2 })
}

it('only people’s own sign-ins are listed, unless the filter asks for other types', async () => {
  await requestAll()
  const appsOf = async (filter?: string) =>
    (await read(signIns, filter)).map(({ appId }: { appId: string }) => appId)
  expect(await appsOf()).toEqual([spaAppId])
  expect(await appsOf(`appId eq '${agentId}'`)).toEqual([])
  expect(await appsOf(types('nonInteractiveUser'))).toEqual([agentId, agentId])
  expect(await appsOf(types('interactiveUser', 'nonInteractiveUser'))).toEqual([agentId, agentId, spaAppId])
  expect(await appsOf(`(${types('servicePrincipal')}) and (appid eq '${blueprintAppId}')`)).toEqual([
    blueprintAppId,
  ])
})

it('a row has Graph’s names, and agents’ newer types only for clients that ask for all of them', async () => {
  await requestAll()
  const [asUser] = await read(signIns, types('nonInteractiveUser'), withAll)
  expect(asUser).toMatchObject({
    ...{ appId: agentId, userId: seedIds.agentUser, resourceId: weatherAppId, isInteractive: false },
    ...{ signInEventTypes: ['nonInteractiveUser'], status: { errorCode: 0 } },
    agent: { agentSubjectType: 'agentIDuser', agentSubjectParentId: agentId },
  })
  const [asUserBefore] = await read(signIns, types('nonInteractiveUser'))
  expect(asUserBefore.agent).toHaveProperty('agentSubjectType', 'unknownFutureValue')
  const { status, body } = await get(`${signIns}/${asUser.id}`, {}, withAll)
  expect([status, body]).toEqual([200, asUser])
})

// biome-ignore format: table
it.each([
  ["agent/agentType eq 'AgentIdentity'", 3],
  ["agent/agentType eq 'agenticAppInstance'", 3],
  ["agent/agentType ne 'notAgentic'", 5],
  ["agent/agentType eq 'agentIdentityBlueprintPrincipal'", 2],
  [`appId eq '${agentId}' and resourceId eq '${weatherAppId}'`, 1],
  ["startswith(appDisplayName, 'weather agent')", 5],
  ['status/errorCode eq 7000215', 1],
  ['status/errorCode ne 0', 3],
  ['createdDateTime ge 2026-01-01T00:00:00Z and createdDateTime le 2999-01-01', 7],
  ['createdDateTime le 2026-01-01T00:00:00Z', 0],
  ["userAgent eq 'research and development'", 1],
  ["userAgent eq 'it''s me'", 1],
])('the filter %s finds %i sign-ins of service principals', async (filter, count) => {
  const t1 = await t1Of(entra)
  await requestTr(entra, { client_assertion: t1 })
  await requestT2(entra, { client_assertion: t1 })
  await requestT1(entra, { client_secret: 'wrong' })
  const form = { client_id: agentId, grant_type: 'client_credentials', scope: 'nonsense' }
  await requestToken(entra, form, { 'user-agent': 'research and development' })
  await requestToken(entra, { ...form, client_id: setupAppId }, { 'user-agent': "it's me" })
  expect(await read(signIns, `${types('servicePrincipal')} and ${filter}`)).toHaveLength(count)
})

it('what cannot be filtered or ordered by is refused in words', async () => {
  // biome-ignore format: table
  const wrong: readonly Parameters[] = [
    { filter: "uniqueTokenIdentifier eq 'x'" }, { filter: "signInEventTypes eq 'servicePrincipal'" },
    { filter: `appId eq '${agentId}' or appId eq 'x'` }, { filter: "not (appId eq 'x')" }, { filter: "appId eq 'x" }, { filter: 'createdDateTime ge yesterday' },
    { filter: "signInEventTypes/any(t: x eq 'servicePrincipal')" }, { filter: "signInEventTypes/any(t: t eq 'a' or t/b eq 'c')" },
    { filter: types('nonInteractiveUser', 'servicePrincipal') }, { filter: "constructor/name eq 'Object'" },
    { orderby: 'appId' }, { orderby: 'createdDateTime upwards' }, { top: 0 }, { top: 1001 }, { skiptoken: 'gone' }, { skip: 1 }, { search: '"x"' },
  ]
  const lines = []
  for (const parameters of wrong) {
    const { status, body } = await get(signIns, parameters)
    expect(status).toBe(400)
    lines.push(`${Object.entries(parameters).flat().join('=')}: ${body.error.message}`)
  }
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('audit-log-refusals.txt')
})

it('pages join without a gap or a repetition while rows are written, in either order', async () => {
  for (const _ of Array(5)) await requestT1(entra)
  const filter = types('servicePrincipal')
  for (const orderby of ['createdDateTime asc', 'createdDateTime desc']) {
    const whole: { id: string }[] = (await get(signIns, { filter, orderby })).body.value
    const ids: string[] = []
    let next: string | undefined = `${entra.url}${addressOf(signIns, { filter, orderby, top: 2 })}`
    for (let page = 0; next !== undefined && page < 3; page++) {
      const { body } = await graph.send('GET', next.slice(entra.url.length))
      ids.push(...body.value.map(({ id }: { id: string }) => id))
      next = body['@odata.nextLink']
      await requestT1(entra)
    }
    expect(ids).toEqual(whole.map(({ id }) => id).slice(0, 6))
  }
  const { body } = await get(signIns, { filter, count: 'true', select: 'id', top: 1 })
  expect(body).toMatchObject({ '@odata.count': 12, value: [{ id: expect.any(String) }] })
  expect(body['@odata.context']).toBe('https://graph.microsoft.com/beta/$metadata#auditLogs/signIns')
})

it('changes of the directory are found by who made them, what they changed, and when', async () => {
  await graph.enable(`/servicePrincipals/${agentId}`, false)
  await graph.post(`/applications/${blueprintAppId}/addPassword`, {})
  await graph.remove(`/users/${seedIds.agentUser}`)
  const [deleted, secret, disabled] = await read(audits)
  expect(disabled).toHaveProperty('activityDisplayName', 'Update service principal')
  expect(await read(audits, `targetResources/any(t: t/id eq '${agentId}')`)).toEqual([disabled])
  expect(await read(audits, "startswith(activityDisplayName, 'Update application –')")).toEqual([secret])
  expect(await read(audits, "category eq 'UserManagement' and result eq 'success'")).toEqual([deleted])
  const since = `initiatedBy/app/appId eq '${setupAppId}' and activityDateTime ge ${secret.activityDateTime}`
  expect(await read(audits, since)).toEqual(
    [deleted, secret].filter(row => row.activityDateTime >= secret.activityDateTime),
  )
  expect((await get(`${audits}/${secret.id}`)).body).toEqual(secret)
  expect((await get(`${audits}/gone`)).status).toBe(404)
})

it('rows need AuditLog.Read.All, and what policies decided needs a permission to read policies', async () => {
  const as = async (...roles: string[]) =>
    graph.send(
      'GET',
      addressOf(signIns, { filter: types('servicePrincipal') }),
      undefined,
      await graph.as({ roles }),
    )
  expect((await as('Policy.Read.All')).status).toBe(403)
  const [row] = (await as('AuditLog.Read.All')).body.value
  expect(row).toHaveProperty('conditionalAccessStatus', 'notApplied')
  expect(row).not.toHaveProperty('appliedConditionalAccessPolicies')
  for (const permission of ['Read.All', 'Read.ConditionalAccess', 'ReadWrite.ConditionalAccess']) {
    const [whole] = (await as('AuditLog.Read.All', `Policy.${permission}`)).body.value
    expect(whole.appliedConditionalAccessPolicies).toMatchObject([
      { displayName: 'Confirm changes by a second factor', result: 'notApplied' },
    ])
  }
  expect((await graph.send('GET', '/v1.0/auditLogs/signIns')).status).toBe(404)
})
