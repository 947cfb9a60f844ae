import { randomUUID } from 'node:crypto'
import type { Group } from '../directory/objects.ts'
import { NewGroup, Reference } from './bodies.ts'
import { alreadyThere, throwNotFound } from './graph-error.ts'
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
