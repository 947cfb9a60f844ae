import { expect, it } from 'vitest'
import { seedIds } from '../directory/seed.ts'
import { wellKnown } from '../directory/well-known.ts'
import { describeResponses } from '../testing/describe-responses.ts'
import { adaAsSponsor, startGraphForFile } from '../testing/graph-client.ts'
import { requestCustomToken } from '../testing/requests.ts'
import { agentId, blueprintAppId, setupAppId, weatherAppId } from '../testing/start-entra.ts'

const { entra, graph } = await startGraphForFile()
const reference = (id: string) => ({ '@odata.id': `https://graph.microsoft.com/v1.0/directoryObjects/${id}` })
const unknownId = '99999999-9999-4999-8999-999999999999'
const blueprintsPath = '/applications/microsoft.graph.agentIdentityBlueprint'
const blueprintPath = `/applications/${blueprintAppId}/microsoft.graph.agentIdentityBlueprint`
const agentsPath = '/servicePrincipals/microsoft.graph.agentIdentity'
const agentPath = `/servicePrincipals/${agentId}/microsoft.graph.agentIdentity`
const weatherPath = `/applications/${seedIds.weatherApplication}`
const agentUsersPath = '/users/microsoft.graph.agentUser'
const newBlueprint = { displayName: 'x', ...adaAsSponsor }
const newAgent = { displayName: 'x', agentIdentityBlueprintId: blueprintAppId }
const weatherRole = { principalId: agentId, resourceId: seedIds.weatherPrincipal }

const get = (path: string) => graph.send('GET', path)

async function getWith(token: Readonly<Record<string, unknown>>) {
  const jwt = await requestCustomToken(entra, { client: setupAppId, resource: wellKnown.graphUri, ...token })
  return graph.send('GET', '/v1.0/applications', undefined, { authorization: `Bearer ${jwt}` })
}

/** Sends a request as a signed-in user with scopes, or as an application with roles. */
async function sendAs(caller: Parameters<typeof graph.as>[0], method: string, path: string, body?: unknown) {
  return graph.send(method, path, body, await graph.as(caller))
}

const newUser = {
  accountEnabled: true,
  displayName: 'Second',
  mailNickname: 'second',
  userPrincipalName: 'second@contoso.example',
  identityParentId: agentId,
}

/** Makes another account for the agent, whose first one was deleted, with these changes. */
async function createUser(changes: object, deletesFirst = true) {
  const roles = ['AgentIdUser.ReadWrite.All']
  if (deletesFirst) await sendAs({ roles }, 'DELETE', `/v1.0/users/${seedIds.agentUser}`)
  return sendAs({ roles }, 'POST', `/v1.0${agentUsersPath}`, { ...newUser, ...changes })
}

async function postTwice(path: string, body: object, changes: object = {}) {
  await graph.post(path, body)
  return graph.post(path, { ...body, ...changes })
}

const federated = {
  name: 'eks-weather-agent',
  issuer: 'https://oidc.eks.eu-central-1.amazonaws.com/id/ABC',
  subject: 'system:serviceaccount:weather:agent',
  audiences: ['api://AzureADTokenExchange'],
}
const grant = {
  clientId: agentId,
  consentType: 'AllPrincipals',
  resourceId: seedIds.graphPrincipal,
  scope: 'User.Read',
}

it('Graph refuses what Entra refuses, with the same codes', async () => {
  const policies = '/v1.0/identity/conditionalAccess/policies'
  const eligibilities = '/v1.0/identityGovernance/privilegedAccess/group/eligibilityScheduleInstances'
  const asUser = { scopes: ['AgentIdentity.ReadWrite.All', 'AgentIdentity.Read.All'] }
  const asAzureCli = { scopes: ['AgentIdentityBlueprint.Create', 'Directory.AccessAsUser.All'] }
  const asReader = { roles: ['User.ReadBasic.All'] }
  const responses = describeResponses(entra, {
    'no token': () => graph.send('GET', '/v1.0/applications', undefined, {}),
    'a foreign token': () =>
      graph.send('GET', '/v1.0/applications', undefined, {
        authorization: 'Bearer eyJhbGciOiJub25lIn0.e30.',
      }),
    'a token for another API': () => getWith({ resource: weatherAppId }),
    'an expired token': () => getWith({ lifetimeSeconds: -1 }),
    'a caller without the permission': () => getWith({ roles: ['User.Read.All'] }),
    'a blueprint by a user with the permission': () =>
      sendAs({ scopes: ['AgentIdentityBlueprint.Create'] }, 'POST', `/v1.0${blueprintsPath}`, newBlueprint),
    'a blueprint by a user without the permission': () =>
      sendAs({ scopes: ['User.Read'] }, 'POST', `/v1.0${blueprintsPath}`, newBlueprint),
    'a blueprint by a user of the Azure CLI': () =>
      sendAs(asAzureCli, 'POST', `/v1.0${blueprintsPath}`, newBlueprint),
    'an agent’s sponsors, for a user': () => sendAs(asUser, 'GET', `/v1.0${agentPath}/sponsors`),
    'a new sponsor by a user': () =>
      sendAs(asUser, 'POST', `/v1.0${agentPath}/sponsors/$ref`, reference(seedIds.ben)),
    'an agent’s owners, for a user': () => sendAs(asUser, 'GET', `/v1.0${agentPath}/owners`),
    'a new owner by a user': () =>
      sendAs(asUser, 'POST', `/v1.0${agentPath}/owners/$ref`, reference(seedIds.ben)),
    'an agent’s account by an application that only reads users': () =>
      sendAs(asReader, 'POST', `/v1.0${agentUsersPath}`, newUser),
    'the deletion of a user who is no agent’s': () =>
      sendAs({ roles: ['User.ReadWrite.All'] }, 'DELETE', `/v1.0/users/${seedIds.ada}`),
    'groups that somebody may join, for an application without the permission': () => get(eligibilities),
    'a report, for a user who may not read the audit log': () =>
      sendAs({ scopes: ['User.Read'] }, 'GET', '/beta/reports/servicePrincipalSignInActivities'),
    'policies, for an application that only reads users': () => sendAs(asReader, 'GET', policies),
    'an agent whose blueprint has no principal': async () =>
      graph.post(agentsPath, {
        ...{ ...newAgent, ...adaAsSponsor },
        agentIdentityBlueprintId: (await graph.newBlueprint()).appId,
      }),
    'an agent of an ordinary application': () =>
      graph.post(agentsPath, { ...newAgent, ...adaAsSponsor, agentIdentityBlueprintId: weatherAppId }),
    'an agent without a sponsor': () => graph.post(agentsPath, newAgent),
    'a blueprint without a sponsor': () => graph.post(blueprintsPath, { displayName: 'x' }),
    'a sponsor who does not exist': () =>
      graph.post(blueprintsPath, {
        displayName: 'x',
        'sponsors@odata.bind': [`https://graph.microsoft.com/v1.0/users/${unknownId}`],
      }),
    'a sponsor who is one already': () =>
      graph.post(`${blueprintPath}/sponsors/$ref`, reference(seedIds.ada)),
    'an owner who does not exist': () => graph.post(`${agentPath}/owners/$ref`, reference(unknownId)),
    'the removal of an owner who is none': () => graph.remove(`${agentPath}/owners/${seedIds.ben}/$ref`),
    'a reference without an address': () => graph.post(`${agentPath}/owners/$ref`, {}),
    'sponsors of a principal that cannot have any': () =>
      get(`/v1.0/servicePrincipals/${seedIds.weatherPrincipal}/sponsors`),
    'sponsors of an unknown agent': () => get(`/v1.0${agentPath.replace(agentId, unknownId)}/sponsors`),
    'redirect URIs for a blueprint': () =>
      graph.patch(`/applications/${blueprintAppId}`, { spa: { redirectUris: [] } }),
    'an identifier URI of a foreign domain': () =>
      graph.patch(weatherPath, { identifierUris: ['https://weather.example'] }),
    'the removal of an enabled scope': () =>
      graph.patch(weatherPath, { api: { oauth2PermissionScopes: [] } }),
    'the removal of an enabled role': () => graph.patch(weatherPath, { appRoles: [] }),
    'a property that does not exist': () => graph.patch(weatherPath, { displayNam: 'x' }),
    'a principal for an unknown application': () => graph.post('/servicePrincipals', { appId: unknownId }),
    'a blueprint’s principal without its type': async () =>
      graph.post('/servicePrincipals', { appId: (await graph.newBlueprint()).appId }),
    'a blueprint’s principal for an ordinary application': () =>
      graph.post('/servicePrincipals/microsoft.graph.agentIdentityBlueprintPrincipal', {
        appId: weatherAppId,
      }),
    'a second principal': () => graph.post('/servicePrincipals', { appId: weatherAppId }),
    'a role that the API does not have': () =>
      graph.post(`/servicePrincipals/${agentId}/appRoleAssignments`, {
        ...weatherRole,
        appRoleId: unknownId,
      }),
    'a role that the agent has already': () =>
      graph.post(`/servicePrincipals/${agentId}/appRoleAssignments`, {
        ...weatherRole,
        appRoleId: seedIds.weatherReadAllRole,
      }),
    'a second grant': () => postTwice('/oauth2PermissionGrants', grant),
    'the removal of an unknown secret': () =>
      graph.post(`/applications/${blueprintAppId}/removePassword`, { keyId: unknownId }),
    'a second federated credential of a name': () =>
      postTwice(`${blueprintPath}/federatedIdentityCredentials`, federated, {
        issuer: 'https://other.example',
      }),
    'a second federated credential for a subject': () =>
      postTwice(`${blueprintPath}/federatedIdentityCredentials`, federated, { name: 'other-name' }),
    'an application without the reference that the tenant demands': () => {
      entra.entra.settings.change({ demandsServiceManagementReference: true })
      return graph.post('/applications', { displayName: 'x' })
    },
    'an application with the reference that the tenant demands': () => {
      entra.entra.settings.change({ demandsServiceManagementReference: true })
      return graph.post('/applications', { displayName: 'x', serviceManagementReference: '7' })
    },
    'a second account of an agent': () => createUser({}, false),
    'an account of what is no agent': () => createUser({ identityParentId: seedIds.blueprintPrincipal }),
    'an account of an unknown agent': () => createUser({ identityParentId: unknownId }),
    'an account with forbidden characters': () => createUser({ mailNickname: 'zwölf' }),
    'an account with the name of another user': () =>
      createUser({ userPrincipalName: 'ada@contoso.example' }),
    'an account in a foreign domain': () => createUser({ userPrincipalName: 'second@fabrikam.example' }),
    'an unknown application': () => get(`/v1.0/applications/${unknownId}`),
    'an unsupported filter': () => get(`/v1.0/applications?$filter=startswith(displayName,'W')`),
    'the signed-in user of an application': () => get('/v1.0/me'),
    'a path that is not emulated': () => get('/v1.0/groups'),
    'a report of beta in v1.0': () => get('/v1.0/reports/servicePrincipalSignInActivities'),
    'inherited rights in v1.0': () => get(`/v1.0/servicePrincipals/${agentId}/inheritedAppRoleAssignments`),
    'inherited rights of the page': () =>
      get(`/beta/servicePrincipals/${seedIds.spaPrincipal}/inheritedAppRoleAssignments`),
    'inheritable rights of an ordinary application': () =>
      get(`/v1.0/applications/appId=${wellKnown.graphAppId}/inheritablePermissions`),
    'an injected fault': () => {
      entra.entra.faults.inject({ target: { leg: 'graph' }, fault: { kind: 'refuse', code: 90055 } })
      return get('/v1.0/applications')
    },
  })
  const randomIds = /'(?!99999999)[0-9a-f]{8}-[0-9a-f-]{27}'/g
  await expect((await responses).replaceAll(randomIds, '<id>')).toMatchFileSnapshot('refusals.txt')
})

it('the headers of refusals say how to authenticate and when to try again', async () => {
  const refused = await graph.send('GET', '/v1.0/applications', undefined, {})
  expect(refused.headers.get('www-authenticate')).toBe('Bearer')
  const ids = { 'request-id': expect.any(String), 'client-request-id': expect.any(String) }
  expect(refused.body.error.innerError).toMatchObject(ids)
  entra.entra.faults.inject({ fault: { kind: 'refuse', code: 90055, retryAfterSeconds: 3 } })
  expect((await get('/v1.0/applications')).headers.get('retry-after')).toBe('3')
})
