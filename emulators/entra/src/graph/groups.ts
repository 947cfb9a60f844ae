import { randomUUID } from 'node:crypto'
import type { Group } from '../directory/objects.ts'
import { NewGroup, Reference } from './bodies.ts'
import { badRequest, throwNotFound } from './graph-error.ts'
import { findGroup, showObject } from './memberships.ts'
import type { GraphRoutes } from './routes.ts'

/** Security groups and their direct members (https://learn.microsoft.com/graph/api/resources/group). */
export function addGroupRoutes(routes: GraphRoutes): void {
  const readers = routes.for('Group.Read.All', 'GroupMember.Read.All')
  readers.list(
    '/groups',
    ({ entra }) => entra.directory.content.groups.filter(({ kind }) => kind === 'group').map(showGroup),
    'groups',
  )
  readers.get('/groups/:key', ({ entra, key }) => showGroup(findGroup(entra, key)))
  readers.list(
    '/groups/:key/members',
    ({ entra, key }) => findGroup(entra, key).members.flatMap(id => showObject(entra, id)),
    'directoryObjects',
  )
  const writers = routes.for('Group.ReadWrite.All')
  writers.create('/groups', NewGroup, ({ entra, body: { displayName } }) => {
    const group: Group = { id: randomUUID(), kind: 'group', displayName, members: [] }
    entra.directory.content.groups.push(group)
    return showGroup(group)
  })
  writers.remove('/groups/:key', ({ entra, key }) => {
    const group = findGroup(entra, key)
    const { content } = entra.directory
    content.groups = content.groups.filter(one => one !== group)
  })
  const memberWriters = routes.for('GroupMember.ReadWrite.All', 'Group.ReadWrite.All')
  memberWriters.create('/groups/:key/members/$ref', Reference, ({ entra, body, key }) => {
    const { members } = findGroup(entra, key)
    const [, id = ''] = /\/([^/]+)$/.exec(body['@odata.id']) ?? []
    if (showObject(entra, id).length === 0) throw throwNotFound(id)
    if (members.includes(id))
      throw badRequest(
        "One or more added object references already exist for the following modified properties: 'members'.",
      )
    members.push(id)
    return undefined
  })
  memberWriters.remove('/groups/:key/members/:part/$ref', ({ entra, key, part }) => {
    const group = findGroup(entra, key)
    if (!group.members.includes(part)) throw throwNotFound(part)
    group.members = group.members.filter(id => id !== part)
  })
}

function showGroup({ id, displayName }: Group) {
  return {
    '@odata.type': '#microsoft.graph.group',
    id,
    displayName,
    mailEnabled: false,
    securityEnabled: true,
  }
}
