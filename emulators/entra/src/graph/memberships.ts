import { randomUUID } from 'node:crypto'
import { stableId } from '../directory/graph-permissions.ts'
import type { Group, RoleAssignment } from '../directory/objects.ts'
import type { Entra } from '../entra.ts'
import { NewRoleAssignment, Reference } from './bodies.ts'
import { badRequest, notFound } from './graph-error.ts'
import { findServicePrincipal, findUser } from './odata.ts'
import { change, isMissed, shown } from './replication.ts'
import type { GraphRoutes } from './routes.ts'

const groupsPermission = 'GroupMember.ReadWrite.All'
const rolesPermission = 'RoleManagement.ReadWrite.Directory'
const rolesPath = '/roleManagement/directory/roleAssignments'

/** Directory roles whose holders may change agents and blueprints. */
const roleDefinitions = [
  'Agent ID Administrator',
  'AI Administrator',
  'Application Administrator',
  'Cloud Application Administrator',
  'Global Administrator',
].map(displayName => ({ id: stableId(`role ${displayName}`), displayName }))

/** The groups and directory roles that principals are in. */
export function addMembershipRoutes(routes: GraphRoutes, entra: Entra): void {
  const content = () => entra.directory.content
  const groupReaders = routes.for('Application.ReadWrite.All', groupsPermission)
  groupReaders.list(
    '/servicePrincipals/:key/memberOf',
    ({ key }) => {
      const { id } = findServicePrincipal(entra, key)
      return content()
        .groups.filter(group => shown(entra, group, 'members').includes(id))
        .map(showGroup)
    },
    'directoryObjects',
  )
  for (const [path, find] of [
    ['/servicePrincipals', findServicePrincipal],
    ['/users', findUser],
  ] as const)
    groupReaders.list(
      `${path}/:key/transitiveMemberOf`,
      ({ key }) => entra.directory.groupsOf(find(entra, key).id).map(showGroup),
      'directoryObjects',
    )
  routes.for(groupsPermission).act('/groups/:key/members/$ref', Reference, ({ body, key }) => {
    const group = content().groups.find(({ id }) => id === key) ?? notFound(key)
    const member = findServicePrincipal(entra, body['@odata.id'].split('/').at(-1) ?? '')
    if (group.members.includes(member.id))
      throw badRequest("One or more added object references already exist for 'members'.")
    change(group, 'members', [...group.members, member.id])
  })
  const roleReaders = routes.for('RoleManagement.Read.Directory', rolesPermission)
  roleReaders.list(rolesPath, () =>
    content()
      .roleAssignments.filter(one => !isMissed(entra, one))
      .map(one => ({ ...one, ...expand(entra, one) })),
  )
  roleReaders.list('/roleManagement/directory/roleDefinitions', () => roleDefinitions)
  routes
    .for('EntitlementManagement.Read.All')
    .list('/identityGovernance/entitlementManagement/assignments', () => content().accessPackageAssignments)
  routes.for(rolesPermission).create(rolesPath, NewRoleAssignment, ({ body }) => {
    findServicePrincipal(entra, body.principalId)
    const assignment = { id: randomUUID(), ...body, createdDateTime: entra.clock.timestamp() }
    content().roleAssignments.push(assignment)
    return assignment
  })
}

/** What `$expand` can ask for, which is always there here. */
function expand({ directory }: Entra, { principalId, roleDefinitionId }: RoleAssignment) {
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
