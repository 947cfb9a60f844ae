import * as wellKnown from '@entra-agents/trace/well-known'
import { decodeJwt } from 'jose'
import { expect, it } from 'vitest'
import { graphRoleId } from '../directory/microsoft.ts'
import { startGraphForFile } from '../testing/graph-client.ts'
import { requestTr } from '../testing/requests.ts'
import { seedIds } from '../testing/seed-ids.ts'
import { agentId, blueprintAppId } from '../testing/start-entra.ts'

const { entra, graph } = await startGraphForFile()
const listPath = `/applications/microsoft.graph.agentIdentityBlueprint/${blueprintAppId}/inheritablePermissions`
const inheritedRole = 'User.ReadBasic.All'

const readInherited = async (what: 'inheritedAppRoleAssignments' | 'inheritedOauth2PermissionGrants') =>
  graph.send('GET', `/beta/servicePrincipals/microsoft.graph.agentIdentity/${agentId}/${what}`)

/** Gives the blueprint's principal an app role and a consent at Graph. */
async function giveBlueprintRights(): Promise<void> {
  const ofGraph = { resourceId: seedIds.graphPrincipal }
  const principalId = seedIds.blueprintPrincipal
  await graph.post(`/servicePrincipals/${principalId}/appRoleAssignments`, {
    ...ofGraph,
    principalId,
    appRoleId: graphRoleId(inheritedRole),
  })
  const consent = { ...ofGraph, clientId: principalId, consentType: 'AllPrincipals' }
  await graph.post('/oauth2PermissionGrants', { ...consent, scope: 'User.Read openid' })
}

it('an agent inherits the inheritable rights of its blueprint', async () => {
  await giveBlueprintRights()
  expect((await readInherited('inheritedAppRoleAssignments')).body.value).toEqual([])
  const { status } = await graph.post(listPath, {
    resourceAppId: wellKnown.graphAppId,
    inheritableScopes: { kind: 'enumerated', scopes: ['User.Read'] },
    inheritableRoles: { '@odata.type': '#microsoft.graph.allAllowedRoles', kind: 'allAllowed' },
  })
  expect(status).toBe(201)
  expect((await readInherited('inheritedAppRoleAssignments')).body.value).toMatchObject([
    { principalId: agentId, resourceDisplayName: 'Microsoft Graph', appRoleId: graphRoleId(inheritedRole) },
  ])
  expect((await readInherited('inheritedOauth2PermissionGrants')).body.value).toMatchObject([
    { clientId: agentId, consentType: 'AllPrincipals', scope: 'User.Read' },
  ])
  const own = await graph.read(`/servicePrincipals/${agentId}/appRoleAssignments`)
  expect(own.value.map(({ resourceId }: { resourceId: string }) => resourceId)).not.toContain(
    seedIds.graphPrincipal,
  )
  const { body } = await requestTr(entra, { scope: `${wellKnown.graphUri}/.default` })
  expect(decodeJwt(body.access_token)['roles']).toEqual([inheritedRole])
  const removed = await graph.send('DELETE', `/v1.0${listPath}/${wellKnown.graphAppId}`)
  expect(removed.status).toBe(204)
  expect((await readInherited('inheritedAppRoleAssignments')).body.value).toEqual([])
})
