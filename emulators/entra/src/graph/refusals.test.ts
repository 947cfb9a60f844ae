import { describe, expect, it } from 'vitest'
import { seedIds } from '../directory/seed.ts'
import { adaAsSponsor, type GraphClient, startGraphForFile } from '../testing/graph-client.ts'
import { requestTr } from '../testing/requests.ts'
import { agentId, blueprintAppId, weatherAppId } from '../testing/start-entra.ts'

const { entra, graph } = await startGraphForFile()
const reference = (id: string) => ({ '@odata.id': `https://graph.microsoft.com/v1.0/directoryObjects/${id}` })
const blueprintPath = `/applications/${blueprintAppId}/microsoft.graph.agentIdentityBlueprint`
const agentPath = `/servicePrincipals/${agentId}/microsoft.graph.agentIdentity`
const unknownId = '99999999-9999-4999-8999-999999999999'
const weatherPath = `/v1.0/applications/${seedIds.weatherApplication}`

describe('Graph refuses', () => {
  const agentsPath = '/servicePrincipals/microsoft.graph.agentIdentity'
  // biome-ignore format: table
  const cases: [what: string, ask: () => ReturnType<GraphClient['send']>, status: number, code: string][] = [
    [
      'an agent whose blueprint has no principal',
      async () =>
        graph.post(agentsPath, {
          displayName: 'x',
          agentIdentityBlueprintId: (await graph.newBlueprint()).appId,
          ...adaAsSponsor,
        }),
      400,
      'AgentIdentity_AgentBlueprintPrincipalDoesNotExist',
    ],
    ['an agent of an ordinary application', () => graph.post(agentsPath, { displayName: 'x', agentIdentityBlueprintId: weatherAppId, ...adaAsSponsor }), 400, 'AgentIdentity_IncompatibleParentType'],
    ['an agent without a sponsor', () => graph.post(agentsPath, { displayName: 'x', agentIdentityBlueprintId: blueprintAppId }), 400, 'Request_BadRequest'],
    ['a blueprint without a sponsor', () => graph.post('/applications/microsoft.graph.agentIdentityBlueprint', { displayName: 'x' }), 400, 'Request_BadRequest'],
    [
      'a sponsor who does not exist',
      () =>
        graph.post('/applications/microsoft.graph.agentIdentityBlueprint', {
          displayName: 'x',
          'sponsors@odata.bind': [`https://graph.microsoft.com/v1.0/users/${unknownId}`],
        }),
      400,
      'Request_BadRequest',
    ],
    ['a sponsor who is a sponsor already', () => graph.post(`${blueprintPath}/sponsors/$ref`, reference(seedIds.ada)), 400, 'Request_BadRequest'],
    ['an owner who does not exist', () => graph.post(`${agentPath}/owners/$ref`, reference(unknownId)), 404, 'Request_ResourceNotFound'],
    ['a reference without an address', () => graph.post(`${agentPath}/owners/$ref`, {}), 400, 'Request_BadRequest'],
    ['sponsors of a principal that cannot have sponsors', () => graph.send('GET', `/v1.0/servicePrincipals/${seedIds.weatherPrincipal}/sponsors`), 400, 'BadRequest'],
    ['sponsors of an unknown agent', () => graph.send('GET', `/v1.0/servicePrincipals/${unknownId}/microsoft.graph.agentIdentity/sponsors`), 404, 'Request_ResourceNotFound'],
    ['redirect URIs for a blueprint', () => graph.send('PATCH', `/v1.0/applications/${blueprintAppId}`, { spa: { redirectUris: [] } }), 400, 'AgentBlueprint_IncompatibleProperty'],
    ['an identifier URI of somebody else’s domain', () => graph.send('PATCH', weatherPath, { identifierUris: ['https://weather.example'] }), 400, 'HostNameNotOnVerifiedDomain'],
    ['the removal of an enabled scope', () => graph.send('PATCH', weatherPath, { api: { oauth2PermissionScopes: [] } }), 400, 'CannotDeleteOrUpdateEnabledEntitlement'],
    ['a property that does not exist', () => graph.send('PATCH', weatherPath, { displayNam: 'x' }), 400, 'Request_BadRequest'],
    ['a principal for an unknown application', () => graph.post('/servicePrincipals', { appId: unknownId }), 400, 'NoBackingApplicationObject'],
    ['a second principal', () => graph.post('/servicePrincipals', { appId: weatherAppId }), 409, 'Request_MultipleObjectsWithSameKeyValue'],
    [
      'a role that the API does not have',
      () =>
        graph.post(`/servicePrincipals/${agentId}/appRoleAssignments`, {
          principalId: agentId,
          resourceId: seedIds.weatherPrincipal,
          appRoleId: unknownId,
        }),
      400,
      'Request_BadRequest',
    ],
    ['an unknown object', () => graph.send('GET', `/v1.0/applications/${unknownId}`), 404, 'Request_ResourceNotFound'],
  ]
  it.each(cases)('%s', async (_what, ask, status, code) => {
    const response = await ask()
    expect(response.body.error.code).toBe(code)
    expect(response.status).toBe(status)
  })

  it('an application without a service management reference if the tenant demands this reference', async () => {
    entra.entra.settings.change({ demandsServiceManagementReference: true })
    const refused = await graph.post('/applications', { displayName: 'x' })
    expect(refused.body.error.message).toMatch(/^ServiceManagementReference field is required/)
    const given = await graph.post('/applications', { displayName: 'x', serviceManagementReference: '7' })
    expect(given.status).toBe(201)
    expect(given.body.serviceManagementReference).toBe('7')
  })
})

it('Graph allows a change of the token version from 2 to 1, which as in Entra empties the identifier URIs', async () => {
  const change = { api: { requestedAccessTokenVersion: 1 } }
  expect((await graph.send('PATCH', weatherPath, change)).status).toBe(204)
  expect((await graph.read(`/applications/${seedIds.weatherApplication}`)).identifierUris).toEqual([])
  expect((await requestTr(entra)).body).toMatchObject({ error_codes: [500011] })
})
