import { stableId } from '../directory/graph-permissions.ts'
import type { Group, RoleAssignment } from '../directory/objects.ts'
import type { Entra } from '../entra.ts'
import { findServicePrincipal, findUser } from './odata.ts'
import type { GraphRoutes } from './routes.ts'

/** Directory roles whose holders may change agents and blueprints. */
const roleDefinitions = [
  'Agent ID Administrator',
  'AI Administrator',
  'Application Administrator',
  'Cloud Application Administrator',
  'Global Administrator',
].map(displayName => ({ id: stableId(`role ${displayName}`), displayName }))

/** Adds the routes that list the groups, directory roles and access packages of principals. */
export function addMembershipRoutes(routes: GraphRoutes, entra: Entra): void {
  const content = () => entra.directory.content
  const groupReaders = routes.for('Application.ReadWrite.All', 'GroupMember.ReadWrite.All')
  for (const [path, find] of [
    ['/servicePrincipals', findServicePrincipal],
    ['/users', findUser],
  ] as const)
    groupReaders.list(
      `${path}/:key/transitiveMemberOf`,
      ({ key }) => entra.directory.groupsOf(find(entra, key).id).map(showGroup),
      'directoryObjects',
    )
  const roleReaders = routes.for('RoleManagement.Read.Directory', 'RoleManagement.ReadWrite.Directory')
  roleReaders.list('/roleManagement/directory/roleAssignments', () =>
    content().roleAssignments.map(one => ({ ...one, ...expandedObjects(entra, one) })),
  )
  roleReaders.list('/roleManagement/directory/roleDefinitions', () => roleDefinitions)
  routes
    .for('EntitlementManagement.Read.All')
    .list('/identityGovernance/entitlementManagement/assignments', () => content().accessPackageAssignments)
}

/** The objects that `$expand` can request; this emulator returns them even without `$expand`. */
function expandedObjects({ directory }: Entra, { principalId, roleDefinitionId }: RoleAssignment) {
  const principal = directory.user(principalId) ?? directory.principalById(principalId)
  const roleDefinition = roleDefinitions.find(({ id }) => id === roleDefinitionId)
  return {
    principal: principal && { id: principal.id, displayName: principal.displayName },
    ...(roleDefinition ? { roleDefinition } : {}),
  }
}

function showGroup({ id, kind, displayName }: Group) {
  return { '@odata.type': `#microsoft.graph.${kind}`, id, displayName }
}
