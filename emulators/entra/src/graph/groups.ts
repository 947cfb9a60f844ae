import { randomUUID } from 'node:crypto'
import type { DirectoryContent, Group, RoleAssignment } from '../directory/objects.ts'
import type { Entra } from '../entra.ts'
import { alreadyThere, throwNotFound } from './access.ts'
import { NewGroup, Reference } from './bodies.ts'
import { showObject, without } from './odata.ts'
import type { GraphRoutes } from './routes.ts'

/** Security groups and their direct members (https://learn.microsoft.com/graph/api/resources/group). */
export function addGroupRoutes(routes: GraphRoutes): void {
  const readers = routes.for('Group.Read.All', 'GroupMember.Read.All')
  readers.list('/groups', ({ content }) =>
    content.groups.filter(({ kind }) => kind === 'group').map(showGroup),
  )
  readers.get('/groups/:key', ({ group }) => showGroup(group))
  readers.listObjects('/groups/:key/members', ({ group }) => group.members)
  const writers = routes.for('Group.ReadWrite.All')
  writers.create('/groups', NewGroup, ({ content, body: { displayName } }) => {
    const group: Group = { id: randomUUID(), kind: 'group', displayName, members: [] }
    content.groups.push(group)
    return showGroup(group)
  })
  writers.remove('/groups/:key', ({ content, key }) => {
    content.groups = without(content.groups, key, ({ id }) => id === key)
  })
  const memberWriters = routes.for('GroupMember.ReadWrite.All', 'Group.ReadWrite.All')
  memberWriters.create('/groups/:key/members/$ref', Reference, ({ entra, body, group: { members } }) => {
    const [, id = ''] = /\/([^/]+)$/.exec(body['@odata.id']) ?? []
    if (showObject(entra, id).length === 0) throw throwNotFound(id)
    if (members.includes(id)) throw alreadyThere('members')
    members.push(id)
  })
  memberWriters.remove('/groups/:key/members/:part/$ref', ({ group, part }) => {
    group.members = without(group.members, part, id => id === part)
  })
}

function showGroup({ id, displayName }: Group) {
  const type = '#microsoft.graph.group'
  return { '@odata.type': type, id, displayName, mailEnabled: false, securityEnabled: true }
}

/** What principals and users are in and own, what they may make themselves (PIM), and who is in groups. */
export function addMembershipRoutes(routes: GraphRoutes): void {
  const groupReaders = routes.for('Application.ReadWrite.All', 'GroupMember.ReadWrite.All')
  for (const kind of ['principal', 'user'] as const) {
    const path = `/${kind === 'user' ? 'users' : 'servicePrincipals'}/:key`
    groupReaders.listObjects(`${path}/transitiveMemberOf`, ({ entra, [kind]: { id } }) =>
      entra.directory.groupsOf(id).map(group => group.id),
    )
    groupReaders.listObjects(`${path}/ownedObjects`, ({ content, [kind]: { id } }) => ownedBy(content, id))
  }
  const memberReaders = routes.for('GroupMember.Read.All')
  memberReaders.listObjects('/users/:key/memberOf', ({ content, user }) => groupsWith(content, user.id))
  routes
    .for('User.Read', 'GroupMember.Read.All')
    .listObjects('/me/memberOf', ({ content, caller: { userId = '' } }) => groupsWith(content, userId))
  memberReaders.listObjects('/groups/:key/transitiveMembers', ({ content, group }) =>
    withInner(content, group.members),
  )
  memberReaders.listObjects('/groups/:key/owners', ({ group }) => group.owners ?? [])
  const roleReaders = routes.for('RoleManagement.Read.Directory', 'RoleManagement.ReadWrite.Directory')
  const roles = '/roleManagement/directory'
  roleReaders.list(`${roles}/roleAssignments`, ({ entra, content }) =>
    content.roleAssignments.map(one => showRole(entra, one)),
  )
  roleReaders.list(`${roles}/roleEligibilityScheduleInstances`, ({ entra, content }) =>
    content.roleEligibilities.map(one => showRole(entra, one)),
  )
  roleReaders.list(`${roles}/roleDefinitions`, ({ content }) => content.roleDefinitions)
  const eligibilities = '/identityGovernance/privilegedAccess/group/eligibilityScheduleInstances'
  routes.for('PrivilegedEligibilitySchedule.Read.AzureADGroup').list(eligibilities, ({ entra, content }) =>
    content.groupEligibilities.map(one => {
      const [principal, group] = [one.principalId, one.groupId].map(id => showObject(entra, id)[0])
      return { ...one, principal, group }
    }),
  )
  const packages = '/identityGovernance/entitlementManagement/assignments'
  routes
    .for('EntitlementManagement.Read.All')
    .list(packages, ({ content }) => content.accessPackageAssignments)
}

/** An assignment with the objects that `$expand` can request; this emulator returns them even without `$expand`. */
function showRole(entra: Entra, assignment: RoleAssignment) {
  const { principalId, roleDefinitionId } = assignment
  const roleDefinition = entra.directory.content.roleDefinitions.find(({ id }) => id === roleDefinitionId)
  const principal = showObject(entra, principalId)[0]
  return { ...assignment, principal, ...(roleDefinition ? { roleDefinition } : {}) }
}

/** The groups and roles that an object is a direct member of. */
const groupsWith = ({ groups }: DirectoryContent, id: string) =>
  groups.filter(({ members }) => members.includes(id)).map(group => group.id)

/** Ids of members, and of the members of those of them that are groups. */
function withInner({ groups }: DirectoryContent, members: readonly string[]): readonly string[] {
  const all = new Set(members)
  for (const member of all)
    for (const inner of groups.find(({ id }) => id === member)?.members ?? []) all.add(inner)
  return [...all]
}

const ownedBy = ({ applications, servicePrincipals, groups }: DirectoryContent, owner: string) =>
  [...applications, ...servicePrincipals, ...groups]
    .filter(({ owners = [] }) => owners.includes(owner))
    .map(({ id }) => id)
