import { decodeJwt } from 'jose'
import { expect, it } from 'vitest'
import { adaAsSponsor, startGraphForFile } from '../testing/graph-client.ts'
import { requestT1, requestTr } from '../testing/requests.ts'
import { spaAppId, startEntra } from '../testing/start-entra.ts'

const { entra, graph } = await startGraphForFile()

it('an empty tenant has only users, the set-up application and Microsoft’s applications', async () => {
  await using empty = await startEntra({ EMPTY_TENANT: 'true' })
  const { applications, servicePrincipals, permissionGrants, users } = empty.entra.directory.content
  expect(applications.map(({ displayName }) => displayName)).toEqual([
    'Microsoft Graph',
    'AAD Token Exchange',
    'Tenant set-up',
  ])
  expect(servicePrincipals).toHaveLength(3)
  expect(permissionGrants).toEqual([])
  expect(users).toHaveLength(2)
})

/** Makes an object through Graph. */
async function create(path: string, properties: object) {
  const { status, body } = await graph.post(path, properties)
  expect(status).toBe(201)
  return body
}

async function change(path: string, properties: object) {
  expect((await graph.patch(path, properties)).status).toBe(204)
}

/** An enabled scope or role. */
const entitlement = (value: string, kind: object) => ({
  id: '00000000-0000-4000-8000-00000000000a',
  value,
  isEnabled: true,
  ...kind,
})

it('setting up an agent from nothing leads to a token that names the agent, the API and the agent’s role at the API', async () => {
  const blueprint = await graph.newBlueprint()
  const blueprintType = '#microsoft.graph.agentIdentityBlueprint'
  expect(blueprint).toMatchObject({ '@odata.type': blueprintType, id: blueprint.appId })
  const { appId } = blueprint
  await create('/serviceprincipals/microsoft.graph.agentIdentityBlueprintPrincipal', { appId })
  const passwordCredential = { displayName: 'dev', endDateTime: '2099-01-01T00:00:00Z' }
  const { body: password } = await graph.post(`/applications/${appId}/addPassword`, { passwordCredential })
  const scope = entitlement('access_as_user', { type: 'User' })
  await change(`/applications/${appId}`, {
    identifierUris: [`api://${appId}`],
    api: { requestedAccessTokenVersion: 2, oauth2PermissionScopes: [scope] },
  })
  const preAuthorizedApplications = [{ appId: spaAppId, delegatedPermissionIds: [scope.id] }]
  await change(`/applications/${appId}`, { api: { preAuthorizedApplications } })
  const agentProperties = { displayName: 'another-agent', agentIdentityBlueprintId: appId, ...adaAsSponsor }
  const agent = await create('/serviceprincipals/Microsoft.Graph.AgentIdentity', agentProperties)
  expect(agent).toMatchObject({ appId: null, agentIdentityBlueprintId: appId })

  const kind = { displayName: 'Read tea', description: '', allowedMemberTypes: ['Application'] }
  const role = entitlement('Tea.Read.All', kind)
  const version = { requestedAccessTokenVersion: 2 }
  const api = await create('/applications', { displayName: 'Tea API', api: version, appRoles: [role] })
  await change(`/applications/${api.id}`, { identifierUris: [`api://${api.appId}`] })
  const { id: resourceId } = await create('/servicePrincipals', { appId: api.appId })
  const assignment = { principalId: agent.id, resourceId, appRoleId: role.id }
  await create(`/servicePrincipals/${agent.id}/appRoleAssignments`, assignment)

  const blueprintFields = { client_id: appId, client_secret: password.secretText, fmi_path: agent.id }
  const t1 = (await requestT1(entra, blueprintFields)).body.access_token
  const agentFields = { client_id: agent.id, client_assertion: t1, scope: `api://${api.appId}/.default` }
  const token = (await requestTr(entra, agentFields)).body.access_token
  expect(decodeJwt(token)).toMatchObject({ aud: api.appId, azp: agent.id, roles: ['Tea.Read.All'] })
})
