import { randomUUID } from 'node:crypto'
import { stableId } from '../directory/graph-permissions.ts'
import type { Group, RoleAssignment } from '../directory/objects.ts'
import type { Entra } from '../entra.ts'
import { NewRoleAssignment, Reference } from './bodies.ts'
import { requirePermission } from './caller.ts'
import { badRequest, notFound } from './graph-error.ts'
import { findServicePrincipal } from './odata.ts'
import { change, isMissed, shown } from './replication.ts'
import type { GraphRoutes } from './routes.ts'

const groupsPermission = 'GroupMember.ReadWrite.All'
const rolesPermission = 'RoleManagement.ReadWrite.Directory'
const rolesPath = '/roleManagement/directory/roleAssignments'
const packagesPath = '/identityGovernance/entitlementManagement/assignments'

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
  routes.list('/servicePrincipals/:key/memberOf', 'directoryObjects', ({ caller, key }) => {
    requirePermission(caller, 'Application.ReadWrite.All', groupsPermission)
    const { id } = findServicePrincipal(entra, key)
    return entra.directory.content.groups
      .filter(group => shown(entra, group, 'members').includes(id))
      .map(showGroup)
  })
  for (const path of ['/servicePrincipals', '/users'] as const)
    routes.list(`${path}/:key/transitiveMemberOf`, 'directoryObjects', ({ caller, key }) => {
      requirePermission(caller, 'Application.ReadWrite.All', groupsPermission)
      const { id } =
        path === '/users' ? (entra.directory.user(key) ?? notFound(key)) : findServicePrincipal(entra, key)
      return entra.directory.groupsOf(id).map(showGroup)
    })
  routes.act('/groups/:key/members/$ref', Reference, ({ body, caller, key }) => {
    requirePermission(caller, groupsPermission)
    const group = entra.directory.content.groups.find(({ id }) => id === key) ?? notFound(key)
    const member = findServicePrincipal(entra, body['@odata.id'].split('/').at(-1) ?? '')
    if (group.members.includes(member.id))
      throw badRequest("One or more added object references already exist for 'members'.")
    change(group, 'members', [...group.members, member.id])
  })
  routes.list(rolesPath, 'roleManagement/directory/roleAssignments', ({ caller }) => {
    requirePermission(caller, 'RoleManagement.Read.Directory', rolesPermission)
    return entra.directory.content.roleAssignments
      .filter(one => !isMissed(entra, one))
      .map(one => ({ ...one, ...expand(entra, one) }))
  })
  routes.list(
    '/roleManagement/directory/roleDefinitions',
    'roleManagement/directory/roleDefinitions',
    ({ caller }) => {
      requirePermission(caller, 'RoleManagement.Read.Directory', rolesPermission)
      return roleDefinitions
    },
  )
  routes.list(packagesPath, 'identityGovernance/entitlementManagement/assignments', ({ caller }) => {
    requirePermission(caller, 'EntitlementManagement.Read.All')
    return entra.directory.content.accessPackageAssignments
  })
  routes.create(rolesPath, NewRoleAssignment, ({ body, caller }) => {
    requirePermission(caller, rolesPermission)
    findServicePrincipal(entra, body.principalId)
    const createdDateTime = new Date(entra.clock.nowMs()).toISOString()
    const assignment = { id: randomUUID(), ...body, createdDateTime }
    entra.directory.content.roleAssignments.push(assignment)
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
