import { decodeJwt } from 'jose'
import { expect, it } from 'vitest'
import demo from '../seed/demo.json' with { type: 'json' }
import { startGraphForFile } from '../testing/graph-client.ts'
import { requestT1, requestTr, requestTrAsUser, type sendJson } from '../testing/requests.ts'
import { seedIds } from '../testing/seed-ids.ts'
import { agentId, blueprintAppId, weatherAppId } from '../testing/start-entra.ts'

const { entra, graph } = await startGraphForFile()
const agentPath = `/servicePrincipals/${agentId}/microsoft.graph.agentIdentity`
const blueprintPath = `/applications/${blueprintAppId}/microsoft.graph.agentIdentityBlueprint`
const agentUserPath = `/users/${seedIds.agentUser}`
const weatherPath = `/applications/${seedIds.weatherApplication}`
const benReference = { '@odata.id': `https://graph.microsoft.com/v1.0/directoryObjects/${seedIds.ben}` }

const statusOf = async (response: ReturnType<typeof sendJson>) => (await response).status
const idsAt = async (path: string): Promise<string[]> =>
  (await graph.read(path)).value.map(({ id }: { id: string }) => id)

it('objects are found by id, by appId and by filter, whatever the letter case of the path', async () => {
  const byId = await graph.read(weatherPath)
  expect(byId).toMatchObject({ appId: weatherAppId, displayName: 'Weather API' })
  expect(await graph.read(`/applications(appId='${weatherAppId}')`)).toEqual(byId)
  expect((await graph.read(`/applications?$filter=appId eq '${weatherAppId}'`)).value).toEqual([byId])
  const selected = await graph.read("/applications?$filter=displayName eq 'Weather API'&$select=id")
  expect(selected.value).toEqual([{ id: seedIds.weatherApplication }])
  const agents = await graph.read('/servicePrincipals/microsoft.graph.agentIdentity')
  expect(agents.value).toMatchObject(
    Object.values(demo.blueprints.weather.agents).map(({ id }) => ({ id, appId: null })),
  )
  expect(await graph.read(agentPath.toLowerCase())).toEqual(agents.value[0])
})

it('users are found by userPrincipalName, the signed-in user at /me, and agents’ accounts apart from all others', async () => {
  expect(await graph.read('/users/ben@contoso.example')).toMatchObject({ id: seedIds.ben })
  const me = await graph.send('GET', '/v1.0/me', undefined, await graph.as({ scopes: ['User.Read'] }))
  expect(me.body).toMatchObject({ userPrincipalName: 'ada@contoso.example' })
  expect(await idsAt('/users/microsoft.graph.agentUser')).toEqual([seedIds.agentUser])
})

it.each([
  ['an agent', agentPath, requestTr, 7000112],
  ['the principal of a blueprint', `/servicePrincipals/${seedIds.blueprintPrincipal}`, requestT1, 7000112],
  ['an agent’s user account', agentUserPath, requestTrAsUser, 50057],
])('%s gets no tokens while it is disabled', async (_what, path, request, code) => {
  expect(await statusOf(graph.enable(path, false))).toBe(204)
  expect((await request(entra)).body.error_codes).toEqual([code])
  await graph.enable(path, true)
  expect(await statusOf(request(entra))).toBe(200)
})

it('a secret is shown only in the response that creates it, and gets no token once it is removed', async () => {
  const { body } = await graph.post(`/applications/${blueprintAppId}/addPassword`, {})
  expect(body.secretText).toMatch(/^[\w-]{40}$/)
  const shown = await graph.read(`/applications/${blueprintAppId}`)
  expect(shown.passwordCredentials).toHaveLength(2)
  expect(JSON.stringify(shown)).not.toContain(body.secretText)
  const ask = async () => (await requestT1(entra, { client_secret: body.secretText })).body
  expect(await ask()).toHaveProperty('access_token')
  const { keyId } = body
  expect(await statusOf(graph.post(`/applications/${blueprintAppId}/removePassword`, { keyId }))).toBe(204)
  expect(await ask()).toMatchObject({ error_codes: [7000215] })
})

it('federated credentials are stored, found by id and by name, and removed', async () => {
  const path = `${blueprintPath}/federatedIdentityCredentials`
  const issuer = 'https://oidc.eks.eu-central-1.amazonaws.com/id/ABC'
  const names = { name: 'eks-weather-agent', subject: 'system:serviceaccount:weather:agent' }
  const credential = { ...names, issuer, audiences: ['api://AzureADTokenExchange'] }
  const { status, body } = await graph.post(path, credential)
  expect(status).toBe(201)
  expect((await graph.read(path)).value).toEqual([{ ...credential, id: body.id, description: null }])
  const subject = 'system:serviceaccount:weather:other'
  await graph.patch(`${path}/eks-weather-agent`, { subject })
  expect((await graph.read(path)).value).toMatchObject([{ id: body.id, subject }])
  expect(await statusOf(graph.remove(`${path}/${body.id}`))).toBe(204)
  expect((await graph.read(path)).value).toEqual([])
})

it('a blueprint is deleted with its principal and its agents', async () => {
  expect(await statusOf(graph.remove(`/applications/${blueprintAppId}`))).toBe(204)
  expect(await idsAt('/applications/microsoft.graph.agentIdentityBlueprint')).toEqual([])
  expect(await idsAt('/servicePrincipals/microsoft.graph.agentIdentity')).toEqual([])
  expect(await idsAt('/servicePrincipals')).not.toContain(seedIds.blueprintPrincipal)
})

it('permission grants are stored, changed, found by filter, and removed', async () => {
  const grant = { clientId: agentId, consentType: 'AllPrincipals', resourceId: seedIds.graphPrincipal }
  const { status, body } = await graph.post('/oauth2PermissionGrants', { ...grant, scope: 'User.Read' })
  expect(status).toBe(201)
  await graph.patch(`/oauth2PermissionGrants/${body.id}`, { scope: 'User.Read openid' })
  const filter = `$filter=clientId eq '${agentId}' and consentType eq 'AllPrincipals'`
  const { value } = await graph.read(`/oauth2PermissionGrants?${filter}`)
  expect(value).toMatchObject([{ scope: 'Weather.Read' }, { scope: 'User.Read openid' }])
  expect(await statusOf(graph.remove(`/oauth2PermissionGrants/${body.id}`))).toBe(204)
})

it('a role assignment is listed with the names of its API, and removed', async () => {
  const path = `/servicePrincipals/${agentId}/appRoleAssignments`
  const [assignment] = (await graph.read(path)).value
  const names = { resourceDisplayName: 'Weather API', principalType: 'ServicePrincipal' }
  expect(assignment).toMatchObject(names)
  expect(await statusOf(graph.remove(`${path}/${assignment.id}`))).toBe(204)
  expect((await graph.read(path)).value).toEqual([])
})

it.each([blueprintPath, agentPath])('sponsors and owners are listed, added and removed at %s', async path => {
  for (const relation of ['sponsors', 'owners']) {
    const before = await idsAt(`${path}/${relation}`)
    expect(await statusOf(graph.post(`${path}/${relation}/$ref`, benReference))).toBe(204)
    expect(await idsAt(`${path}/${relation}`)).toEqual([...before, seedIds.ben])
    expect(await statusOf(graph.remove(`${path}/${relation}/${seedIds.ben}/$ref`))).toBe(204)
    expect(await idsAt(`${path}/${relation}`)).toEqual(before)
  }
  const ada = { '@odata.type': '#microsoft.graph.user', displayName: 'Ada Osei' }
  expect((await graph.read(`${path}/sponsors`)).value).toMatchObject([ada])
})

it('a signed-in user owns each application that they create', async () => {
  const bearer = await graph.as({ scopes: ['Application.ReadWrite.All'] })
  const { body } = await graph.post('/applications', { displayName: 'x' }, bearer)
  expect(await idsAt(`/applications/${body.id}/owners`)).toEqual([seedIds.ada])
})

it('an API whose optional claims are removed still gets tokens', async () => {
  await graph.patch(weatherPath, { optionalClaims: null })
  expect((await graph.read(weatherPath)).optionalClaims).toBeNull()
  expect(await statusOf(requestTr(entra))).toBe(200)
})

it('a change of the token version from 2 to 1 empties the identifier URIs, as in Entra', async () => {
  expect(await statusOf(graph.patch(weatherPath, { api: { requestedAccessTokenVersion: 1 } }))).toBe(204)
  expect((await graph.read(weatherPath)).identifierUris).toEqual([])
  expect((await requestTr(entra)).body.error_codes).toEqual([500011])
})

it('an agent’s user account has a type of its own, and can be deleted and made again', async () => {
  const bearer = await graph.as({ roles: ['AgentIdUser.ReadWrite.All'] })
  const send = (method: string, path: string, body?: unknown) => graph.send(method, path, body, bearer)
  const type = { '@odata.type': '#microsoft.graph.agentUser', identityParentId: agentId }
  expect((await send('GET', `/v1.0${agentUserPath}`)).body).toMatchObject({ ...type, accountEnabled: true })
  expect(await statusOf(send('DELETE', `/v1.0${agentUserPath}`))).toBe(204)
  expect((await requestTrAsUser(entra)).body.error_codes).toEqual([50034])
  const names = { displayName: 'Second', mailNickname: 'second', userPrincipalName: 'Second@contoso.example' }
  const second = { ...names, accountEnabled: true, identityParentId: agentId }
  const { status, body } = await send('POST', '/v1.0/users/microsoft.graph.agentUser', second)
  expect(status).toBe(201)
  const token = (await requestTrAsUser(entra, { user_id: body.id })).body.access_token
  const claims = { oid: body.id, preferred_username: 'second@contoso.example' }
  expect(decodeJwt(token)).toMatchObject(claims)
})
