import { randomUUID } from 'node:crypto'
import { Type } from 'typebox'
import type { ServicePrincipal, User } from '../directory/objects.ts'
import type { Entra } from '../entra.ts'
import { AccountPatch, NewAgentUser } from './bodies.ts'
import { badRequest, denied, duplicateError, throwNotFound } from './graph-error.ts'
import { findUser } from './odata.ts'
import { changePropertiesOf, lookUpMisses, propertySeenByLookUp } from './replication.ts'
import type { GraphRequest, GraphRoutes } from './routes.ts'

const writePermissions = ['AgentIdUser.ReadWrite.All', 'User.ReadWrite.All'] as const

/** Users, agents' own user accounts among them (https://learn.microsoft.com/graph/api/resources/agentuser). */
export function addUserRoutes(routes: GraphRoutes): void {
  // Set-up scripts look up the signed-in user and a sponsor.
  routes.for('User.Read', 'User.ReadBasic.All').get('/me', ({ entra, caller: { userId } }) => {
    if (userId === undefined)
      throw badRequest('/me request is only valid with delegated authentication flow.')
    return showUser(entra, findUser(entra, userId))
  })
  const readers = routes.for('User.ReadBasic.All', ...writePermissions)
  readers.list('/users', request => listUsers(request, () => true))
  const revokers = routes.for('User.RevokeSessions.All', 'User.ReadWrite.All')
  revokers.act('/users/:key/revokeSignInSessions', Type.Unknown(), ({ entra, user }) => {
    entra.revokeSessions(user.id)
    return { '@odata.context': 'https://graph.microsoft.com/v1.0/$metadata#Edm.Boolean', value: true }
  })
  readers.get('/users/:key', ({ entra, user, key }) =>
    showUser(entra, lookUpMisses(entra, user) ? throwNotFound(key) : user),
  )
  const managers = routes.forAgents(...writePermissions)
  const agentUsers = '/users/microsoft.graph.agentUser'
  managers.list(agentUsers, request => listUsers(request, one => one.identityParentId !== undefined))
  routes
    .for(...writePermissions)
    .list('/users/:key/licenseDetails', ({ entra, key }) => entra.directory.user(key)?.licenseDetails ?? [])
  managers.create(agentUsers, NewAgentUser, ({ entra, content, body }) => {
    const { mailNickname, ...properties } = body
    const parent = findParentAgent(entra, body.identityParentId)
    if (content.users.some(({ identityParentId }) => identityParentId === parent.id))
      throw badRequest(`The agent identity '${parent.id}' has a user account already.`)
    const userPrincipalName = body.userPrincipalName.toLowerCase()
    if (!userPrincipalName.endsWith(`@${entra.config.domain}`))
      throw badRequest('The domain portion of the userPrincipalName property is invalid.')
    if (entra.directory.user(userPrincipalName))
      throw duplicateError('Another object has the same value for property userPrincipalName.')
    const ids = { id: randomUUID(), identityParentId: parent.id, userPrincipalName }
    const mail = `${mailNickname}@${entra.config.domain}`
    const user = { ...properties, ...ids, mail, createdDateTime: entra.clock.timestamp() }
    content.users.push(user)
    return showUser(entra, user)
  })
  managers.change('/users/:key', AccountPatch, request => {
    changePropertiesOf(agentUserOf(request), request.body)
  })
  managers.remove('/users/:key', request => {
    request.entra.directory.remove(agentUserOf(request))
  })
}

function listUsers({ entra, content }: GraphRequest, isWanted: (user: User) => boolean) {
  const found = content.users.filter(one => isWanted(one) && !lookUpMisses(entra, one))
  return found.map(one => showUser(entra, one))
}

/** The user account of an agent; the routes refuse to change any other user. */
function agentUserOf({ user }: GraphRequest): User {
  if (user.identityParentId === undefined) throw denied('This user is no agent’s.')
  return user
}

/** The agent identity that a new user account is for. */
function findParentAgent(entra: Entra, id: string): ServicePrincipal {
  const parent = entra.directory.principalById(id)
  if (!parent || lookUpMisses(entra, parent))
    throw badRequest(`IdentityParent: Object with id '${id}' not found.`)
  if (parent.kind !== 'agentIdentity') throw badRequest(`IdentityParent: '${id}' is no agent identity.`)
  return parent
}

export function showUser(entra: Entra, user: User) {
  const { identityParentId, licenseDetails: _elsewhere, ...rest } = user
  const isAgents = identityParentId !== undefined
  return {
    '@odata.type': `#microsoft.graph.${isAgents ? 'agentUser' : 'user'}`,
    ...rest,
    accountEnabled: propertySeenByLookUp(entra, user, 'accountEnabled') ?? true,
    ...(isAgents ? { identityParentId } : {}),
  }
}
