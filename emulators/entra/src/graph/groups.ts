import { randomUUID } from 'node:crypto'
import type { Group } from '../directory/objects.ts'
import type { Entra } from '../entra.ts'
import { NewGroup, Reference } from './bodies.ts'
import { badRequest, throwNotFound } from './graph-error.ts'
import { findGroup, showObject } from './memberships.ts'
import type { GraphRoutes } from './routes.ts'

/** Security groups and their direct members (https://learn.microsoft.com/graph/api/resources/group). */
export function addGroupRoutes(routes: GraphRoutes, entra: Entra): void {
  const groups = () => entra.directory.content.groups.filter(({ kind }) => kind === 'group')
  const readers = routes.for('Group.Read.All', 'GroupMember.Read.All')
  readers.list('/groups', () => groups().map(showGroup), 'groups')
  readers.get('/groups/:key', ({ key }) => showGroup(findGroup(entra, key)))
  readers.list(
    '/groups/:key/members',
    ({ key }) => findGroup(entra, key).members.flatMap(id => showObject(entra, id)),
    'directoryObjects',
  )
  const writers = routes.for('Group.ReadWrite.All')
  writers.create('/groups', NewGroup, ({ body: { displayName } }) => {
    const group: Group = { id: randomUUID(), kind: 'group', displayName, members: [] }
    entra.directory.content.groups.push(group)
    return showGroup(group)
  })
  writers.remove('/groups/:key', ({ key }) => {
    const group = findGroup(entra, key)
    const { content } = entra.directory
    content.groups = content.groups.filter(one => one !== group)
  })
  const memberWriters = routes.for('GroupMember.ReadWrite.All', 'Group.ReadWrite.All')
  memberWriters.create('/groups/:key/members/$ref', Reference, ({ body, key }) => {
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
  memberWriters.remove('/groups/:key/members/:part/$ref', ({ key, part }) => {
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
