import type { RoleAssignment } from '../directory/objects.ts'
import type { Entra } from '../entra.ts'
import { findGroup, findServicePrincipal, findUser, showObject } from './odata.ts'
import type { GraphRoutes } from './routes.ts'

/** What principals and users are in and own, what they may make themselves (PIM), and who is in groups. */
export function addMembershipRoutes(routes: GraphRoutes): void {
  const groupReaders = routes.for('Application.ReadWrite.All', 'GroupMember.ReadWrite.All')
  for (const [path, find] of [
    ['/servicePrincipals/:key', findServicePrincipal],
    ['/users/:key', findUser],
  ] as const) {
    groupReaders.listObjects(`${path}/transitiveMemberOf`, ({ entra, key }) =>
      entra.directory.groupsOf(find(entra, key).id).map(({ id }) => id),
    )
    groupReaders.listObjects(`${path}/ownedObjects`, ({ entra, key }) => ownedBy(entra, find(entra, key).id))
  }
  const memberReaders = routes.for('GroupMember.Read.All')
  memberReaders.listObjects('/users/:key/memberOf', ({ entra, key }) =>
    groupsWith(entra, findUser(entra, key).id),
  )
  routes
    .for('User.Read', 'GroupMember.Read.All')
    .listObjects('/me/memberOf', ({ entra, caller }) => groupsWith(entra, caller.userId ?? ''))
  memberReaders.listObjects('/groups/:key/transitiveMembers', ({ entra, key }) => membersOf(entra, key))
  memberReaders.listObjects('/groups/:key/owners', ({ entra, key }) => findGroup(entra, key).owners ?? [])
  const roleReaders = routes.for('RoleManagement.Read.Directory', 'RoleManagement.ReadWrite.Directory')
  const rolesPath = '/roleManagement/directory'
  roleReaders.list(`${rolesPath}/roleAssignments`, ({ entra, content }) =>
    content.roleAssignments.map(one => showRole(entra, one)),
  )
  roleReaders.list(`${rolesPath}/roleEligibilityScheduleInstances`, ({ entra, content }) =>
    content.roleEligibilities.map(one => showRole(entra, one)),
  )
  roleReaders.list(`${rolesPath}/roleDefinitions`, ({ content }) => content.roleDefinitions)
  const governance = '/identityGovernance'
  routes
    .for('PrivilegedEligibilitySchedule.Read.AzureADGroup')
    .list(`${governance}/privilegedAccess/group/eligibilityScheduleInstances`, ({ entra, content }) =>
      content.groupEligibilities.map(one => {
        const [principal, group] = [one.principalId, one.groupId].map(id => showObject(entra, id)[0])
        return { ...one, principal, group }
      }),
    )
  routes
    .for('EntitlementManagement.Read.All')
    .list(
      `${governance}/entitlementManagement/assignments`,
      ({ content }) => content.accessPackageAssignments,
    )
}

/** An assignment with the objects that `$expand` can request; this emulator returns them even without `$expand`. */
function showRole(entra: Entra, assignment: RoleAssignment) {
  const { principalId, roleDefinitionId } = assignment
  const roleDefinition = entra.directory.content.roleDefinitions.find(({ id }) => id === roleDefinitionId)
  const principal = showObject(entra, principalId)[0]
  return { ...assignment, principal, ...(roleDefinition ? { roleDefinition } : {}) }
}

/** The groups and roles that an object is a direct member of. */
function groupsWith(entra: Entra, id: string) {
  const { groups } = entra.directory.content
  return groups.filter(({ members }) => members.includes(id)).map(group => group.id)
}

/** Ids of the users and principals in a group, also through other groups, and of these groups. */
function membersOf(entra: Entra, id: string): readonly string[] {
  const all = new Set(findGroup(entra, id).members)
  for (const member of all)
    for (const inner of entra.directory.content.groups.find(one => one.id === member)?.members ?? [])
      all.add(inner)
  return [...all]
}

function ownedBy({ directory: { content } }: Entra, owner: string): readonly string[] {
  return [...content.applications, ...content.servicePrincipals, ...content.groups]
    .filter(({ owners = [] }) => owners.includes(owner))
    .map(({ id }) => id)
}
