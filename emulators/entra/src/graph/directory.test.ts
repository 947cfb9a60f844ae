import { createHash, createPrivateKey, X509Certificate } from 'node:crypto'
import { SignJWT } from 'jose'
import { expect, it } from 'vitest'
import { ada, Browser, ben, refresh, signIn } from '../testing/browser.ts'
import { makeCertificate } from '../testing/certificate.ts'
import { startGraphForFile } from '../testing/graph-client.ts'
import { requestT1 } from '../testing/requests.ts'
import { seedIds } from '../testing/seed-ids.ts'
import { blueprintAppId, type TokenResponse, tenantId } from '../testing/start-entra.ts'

const { entra, graph } = await startGraphForFile()
const roles = ['Group.ReadWrite.All', 'GroupMember.ReadWrite.All', 'User.ReadWrite.All']
const send = async (method: string, path: string, body?: unknown): Promise<TokenResponse> =>
  graph.send(method, path, body, await graph.as({ roles }))
const thumbprintOf = (der: string) =>
  createHash('sha256').update(Buffer.from(der, 'base64')).digest('base64url')
const reference = (id: string) => ({ '@odata.id': `https://graph.microsoft.com/v1.0/directoryObjects/${id}` })

it('a list comes page by page, and each page names the next', async () => {
  const names: string[] = []
  let path = "/v1.0/users?$top=1&$count=true&$select=displayName&$filter=accountEnabled eq 'true'"
  for (let pages = 0; path !== ''; pages++) {
    const { body } = await send('GET', path)
    expect(body).toMatchObject({ '@odata.count': 3, value: [{ displayName: expect.any(String) }] })
    names.push(body.value[0].displayName)
    path = body['@odata.nextLink']?.replace(entra.url, '') ?? ''
    expect(pages).toBeLessThan(3)
  }
  expect(new Set(names).size).toBe(3)
})

it.each([
  ['$top=0', "Invalid value '0' for the query option '$top'."],
  ['$top=many', "Invalid value 'many' for the query option '$top'."],
  ['$skiptoken=-1', "Invalid value '-1' for the query option '$skiptoken'."],
  ["$filter=colour eq 'red'", "Invalid filter clause: Could not find a property named 'colour'."],
])('a list is refused with %s', async (query, message) => {
  const { status, body } = await send('GET', `/v1.0/users?${query}`)
  expect(status).toBe(400)
  expect(body.error).toMatchObject({ code: 'Request_BadRequest', message })
})

it('groups are made, get and lose members, and are removed', async () => {
  const order = { displayName: 'Buyers', mailEnabled: false, mailNickname: 'buyers', securityEnabled: true }
  const { status, body: group } = await send('POST', '/v1.0/groups', order)
  expect(status).toBe(201)
  const members = `/v1.0/groups/${group.id}/members`
  const namesOf = async () =>
    (await send('GET', members)).body.value.map(({ displayName }: { displayName: string }) => displayName)
  expect((await send('POST', `${members}/$ref`, reference(ada))).status).toBe(204)
  expect(await namesOf()).toEqual(['Ada Osei'])
  const { body: memberOf } = await send('GET', `/v1.0/users/${ada}/memberOf`)
  expect(memberOf.value).toMatchObject([{ id: group.id }])
  expect((await send('POST', `${members}/$ref`, reference(ada))).status).toBe(400)
  expect((await send('POST', `${members}/$ref`, reference('nobody'))).status).toBe(404)
  expect((await send('DELETE', `${members}/${ada}/$ref`)).status).toBe(204)
  expect((await send('DELETE', `${members}/${ada}/$ref`)).status).toBe(404)
  expect(await namesOf()).toEqual([])
  expect((await send('DELETE', `/v1.0/groups/${group.id}`)).status).toBe(204)
  expect((await send('GET', `/v1.0/groups/${group.id}`)).status).toBe(404)
})

it('types that a library names in a body are accepted', async () => {
  const typed = { '@odata.type': '#microsoft.graph.group', displayName: 'Typed' }
  const order = { ...typed, mailEnabled: false, mailNickname: 'typed', securityEnabled: true }
  expect((await send('POST', '/v1.0/groups', order)).status).toBe(201)
})

it('a certificate that is added signs assertions, beside those that are there, until it is taken away', async () => {
  using certificate = makeCertificate('added.example')
  const key = new X509Certificate(certificate.certificate).raw.toString('base64')
  const path = `/v1.0/applications/${blueprintAppId}`
  const change = async (keyCredentials: readonly object[]) => graph.send('PATCH', path, { keyCredentials })
  const added = { type: 'AsymmetricX509Cert', usage: 'Verify', key }
  expect((await change([added])).status).toBe(204)
  const [{ keyId }] = (await graph.read(path.slice('/v1.0'.length))).keyCredentials
  expect((await change([{ ...added, key: null, keyId }])).status).toBe(204)
  const assertion = await new SignJWT({ iss: blueprintAppId, sub: blueprintAppId })
    .setProtectedHeader({ alg: 'PS256', 'x5t#S256': thumbprintOf(key) })
    .setAudience(`${entra.url}/${tenantId}/v2.0`)
    .setExpirationTime('5m')
    .sign(createPrivateKey(certificate.key))
  expect((await requestT1(entra, { client_assertion: assertion })).status).toBe(200)
  expect((await change([{ ...added, key: 'bm8gY2VydGlmaWNhdGU=' }])).body.error.code).toBe(
    'Request_BadRequest',
  )
  expect((await change([])).status).toBe(204)
  expect((await requestT1(entra, { client_assertion: assertion })).body).toMatchObject({
    error_codes: [700027],
  })
})

it('the signed-in user sees the groups they are in', async () => {
  entra.entra.directory.content.groups[0]?.members.push(ada)
  const bearer = await graph.as({ scopes: ['User.Read'] })
  const { body } = await graph.send('GET', '/v1.0/me/memberOf', undefined, bearer)
  expect(body.value).toMatchObject([{ id: seedIds.group }])
})

it('each request of a batch is answered apart, with the rights of the caller', async () => {
  const requests = [
    { id: '1', method: 'GET', url: '/users/ada@contoso.example?$select=id' },
    { id: '2', method: 'GET', url: `/groups/${ada}` },
    { id: '3', method: 'GET', url: '/oauth2PermissionGrants' },
    { id: '4', method: 'DELETE', url: `groups/${seedIds.group}` },
  ]
  const { body } = await send('POST', '/v1.0/$batch', { requests })
  expect(body.responses).toMatchObject([
    { id: '1', status: 200, body: { displayName: 'Ada Osei' } },
    { id: '2', status: 404, body: { error: { code: 'Request_ResourceNotFound' } } },
    { id: '3', status: 403, body: { error: { code: 'Authorization_RequestDenied' } } },
    { id: '4', status: 204 },
  ])
})

it.each([
  ['21 requests', Array.from({ length: 21 }, (_, id) => ({ id: `${id}`, method: 'GET', url: '/me' }))],
  ['two requests of one id', ['1', '1'].map(id => ({ id, method: 'GET', url: '/me' }))],
  ['a batch', [{ id: '1', method: 'POST', url: '/$batch', body: { requests: [] } }]],
  ['no request', []],
])('a batch of %s is refused', async (_what, requests) => {
  expect((await send('POST', '/v1.0/$batch', { requests })).status).toBe(400)
})

it('revoking a user’s sessions ends their refresh tokens and sign-ins, and nobody else’s', async () => {
  const browser = new Browser(entra)
  const { body: before } = await signIn(entra, ada, {}, browser)
  const { body: other } = await signIn(entra, ben)
  entra.entra.settings.change({ clockOffsetSeconds: 5 })
  expect((await send('POST', `/v1.0/users/${ada}/revokeSignInSessions`)).body).toMatchObject({ value: true })
  expect((await refresh(entra, before.refresh_token)).body).toMatchObject({ error_codes: [50173] })
  expect((await refresh(entra, other.refresh_token)).status).toBe(200)
  expect((await browser.open({ prompt: 'none' })).headers.get('location')).toContain('error=login_required')
  entra.entra.settings.change({ clockOffsetSeconds: 10 })
  const { body: again } = await signIn(entra, ada)
  expect((await refresh(entra, again.refresh_token)).status).toBe(200)
})
