import { randomUUID } from 'node:crypto'
import type { Group } from '../directory/objects.ts'
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

/** The groups and directory roles that principals are in. */
export function addMembershipRoutes(routes: GraphRoutes, entra: Entra): void {
  routes.list('/servicePrincipals/:key/memberOf', 'directoryObjects', ({ caller, key }) => {
    requirePermission(caller, 'Application.ReadWrite.All', groupsPermission)
    const { id } = findServicePrincipal(entra, key)
    return entra.directory.content.groups
      .filter(group => shown(entra, group, 'members').includes(id))
      .map(showGroup)
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
    return entra.directory.content.roleAssignments.filter(one => !isMissed(entra, one))
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

function showGroup({ id, kind, displayName }: Group) {
  return { '@odata.type': `#microsoft.graph.${kind}`, id, displayName }
}
