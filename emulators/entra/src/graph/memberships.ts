import type { RoleAssignment } from '../directory/objects.ts'
import type { Entra } from '../entra.ts'
import { throwNotFound } from './graph-error.ts'
import { findServicePrincipal, findUser } from './odata.ts'
import type { GraphRoutes } from './routes.ts'

/**
 * Adds the routes that list the groups, directory roles, access packages and owned objects of principals, what they may make
 * themselves (PIM), and the members of groups.
 */
export function addMembershipRoutes(routes: GraphRoutes): void {
  const groupReaders = routes.for('Application.ReadWrite.All', 'GroupMember.ReadWrite.All')
  for (const [path, find] of [
    ['/servicePrincipals', findServicePrincipal],
    ['/users', findUser],
  ] as const) {
    groupReaders.list(
      `${path}/:key/transitiveMemberOf`,
      ({ entra, key }) =>
        entra.directory.groupsOf(find(entra, key).id).flatMap(({ id }) => showObject(entra, id)),
      'directoryObjects',
    )
    groupReaders.list(
      `${path}/:key/ownedObjects`,
      ({ entra, key }) => ownedBy(entra, find(entra, key).id).flatMap(id => showObject(entra, id)),
      'directoryObjects',
    )
  }
  const memberReaders = routes.for('GroupMember.Read.All')
  memberReaders.list(
    '/users/:key/memberOf',
    ({ entra, key }) => groupsWith(entra, findUser(entra, key).id),
    'directoryObjects',
  )
  routes
    .for('User.Read', 'GroupMember.Read.All')
    .list('/me/memberOf', ({ entra, caller }) => groupsWith(entra, caller.userId ?? ''), 'directoryObjects')
  memberReaders.list(
    '/groups/:key/transitiveMembers',
    ({ entra, key }) => membersOf(entra, key).flatMap(id => showObject(entra, id)),
    'directoryObjects',
  )
  memberReaders.list(
    '/groups/:key/owners',
    ({ entra, key }) => findGroup(entra, key).owners?.flatMap(id => showObject(entra, id)) ?? [],
    'directoryObjects',
  )
  const roleReaders = routes.for('RoleManagement.Read.Directory', 'RoleManagement.ReadWrite.Directory')
  const rolesPath = '/roleManagement/directory'
  roleReaders.list(`${rolesPath}/roleAssignments`, ({ entra }) =>
    entra.directory.content.roleAssignments.map(one => showRole(entra, one)),
  )
  roleReaders.list(`${rolesPath}/roleEligibilityScheduleInstances`, ({ entra }) =>
    entra.directory.content.roleEligibilities.map(one => showRole(entra, one)),
  )
  roleReaders.list(`${rolesPath}/roleDefinitions`, ({ entra }) => entra.directory.content.roleDefinitions)
  routes
    .for('PrivilegedEligibilitySchedule.Read.AzureADGroup')
    .list('/identityGovernance/privilegedAccess/group/eligibilityScheduleInstances', ({ entra }) =>
      entra.directory.content.groupEligibilities.map(one => ({
        ...one,
        principal: showObject(entra, one.principalId)[0],
        group: showObject(entra, one.groupId)[0],
      })),
    )
  routes
    .for('EntitlementManagement.Read.All')
    .list(
      '/identityGovernance/entitlementManagement/assignments',
      ({ entra }) => entra.directory.content.accessPackageAssignments,
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
  return groups.filter(({ members }) => members.includes(id)).flatMap(group => showObject(entra, group.id))
}

export function findGroup({ directory }: Entra, id: string) {
  return directory.content.groups.find(one => one.id === id) ?? throwNotFound(id)
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

/** An object of the directory with the properties that lists of objects of several kinds have; none if it is gone. */
export function showObject({ directory }: Entra, id: string) {
  const { applications, groups } = directory.content
  const group = groups.find(one => one.id === id)
  const principal = directory.principalById(id)
  const shown = [
    { kind: group?.kind ?? 'group', object: group },
    { kind: principal?.kind ?? 'servicePrincipal', object: principal },
    { kind: 'user', object: directory.user(id) },
    { kind: 'application', object: applications.find(one => one.id === id) },
  ].find(({ object }) => object)
  const { kind, object } = shown ?? {}
  return object ? [{ '@odata.type': `#microsoft.graph.${kind}`, id, displayName: object.displayName }] : []
}
