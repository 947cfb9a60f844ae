import { randomUUID } from 'node:crypto'
import type { ServicePrincipal, User } from '../directory/objects.ts'
import { publisherDomain } from '../directory/well-known.ts'
import type { Entra } from '../entra.ts'
import { NewAgentUser, UserPatch } from './bodies.ts'
import type { Caller } from './caller.ts'
import { alreadyExists, badRequest, GraphError, notFound } from './graph-error.ts'
import { findUser } from './odata.ts'
import { change, isMissed, shown } from './replication.ts'
import type { GraphRoutes } from './routes.ts'

const agentUserType = '#microsoft.graph.agentUser'
const ofOwnAgents = 'AgentIdUser.ReadWrite.IdentityParentedBy'
const ofAllAgents = ['AgentIdUser.ReadWrite.All', 'User.ReadWrite.All'] as const

/** Users, agents' own user accounts among them (https://learn.microsoft.com/graph/api/resources/agentuser). */
export function addUserRoutes(routes: GraphRoutes, entra: Entra): void {
  const show = (user: User) => showUser(entra, user)

  // Set-up scripts look for a sponsor, and for who they are.
  routes.for('User.Read', 'User.ReadBasic.All').get('/me', ({ caller: { userId } }) => {
    if (userId === undefined)
      throw badRequest('/me request is only valid with delegated authentication flow.')
    return show(findUser(entra, userId))
  })
  routes.for('User.ReadBasic.All', ofOwnAgents, ...ofAllAgents).get('/users/:key', ({ key }) => {
    const user = findUser(entra, key)
    return show(isMissed(entra, user) ? notFound(key) : user)
  })
  const managers = routes.forAgents(ofOwnAgents, ...ofAllAgents)
  managers.list('/users/microsoft.graph.agentUser', () =>
    entra.directory.content.users
      .filter(one => one.identityParentId !== undefined && !isMissed(entra, one))
      .map(show),
  )
  routes
    .for(ofOwnAgents, ...ofAllAgents)
    .list('/users/:key/licenseDetails', ({ key }) => entra.directory.user(key)?.licenseDetails ?? [])
  for (const path of ['/users', '/users/microsoft.graph.agentUser'])
    managers.create(path, NewAgentUser, ({ body, caller }) => {
      const { mailNickname, '@odata.type': type, ...properties } = body
      if (path === '/users' && type !== agentUserType)
        throw badRequest('Only agent users can be created here.')
      const parent = findParent(entra, body.identityParentId, caller)
      const { content } = entra.directory
      if (content.users.some(({ identityParentId }) => identityParentId === parent.id))
        throw badRequest(`The agent identity '${parent.id}' has a user account already.`)
      const userPrincipalName = body.userPrincipalName.toLowerCase()
      if (!userPrincipalName.endsWith(`@${publisherDomain}`))
        throw badRequest('The domain portion of the userPrincipalName property is invalid.')
      if (entra.directory.user(userPrincipalName))
        throw alreadyExists('Another object has the same value for property userPrincipalName.')
      const mail = `${mailNickname}@${publisherDomain}`
      const createdDateTime = entra.clock.timestamp()
      const ids = { id: randomUUID(), identityParentId: parent.id }
      const user = { ...properties, ...ids, userPrincipalName, mail, createdDateTime }
      content.users.push(user)
      return show(user)
    })
  managers.change('/users/:key', UserPatch, ({ body, key }) => {
    const user = findAgentUser(entra, key)
    const { accountEnabled, ...rest } = body
    Object.assign(user, rest)
    if (accountEnabled !== undefined) change(user, 'accountEnabled', accountEnabled)
  })
  managers.remove('/users/:key', ({ key }) => {
    entra.directory.removeUser(findAgentUser(entra, key))
  })
}

/** The agent's user account; other users are not changed here. */
function findAgentUser(entra: Entra, key: string): User {
  const user = findUser(entra, key)
  if (user.identityParentId === undefined) throw denied('This user is no agent’s.')
  return user
}

/** The agent identity of a new user account: with the lesser permission, one of the calling blueprint. */
function findParent(entra: Entra, id: string, { appId, permissions }: Caller): ServicePrincipal {
  const parent = entra.directory.principalById(id)
  if (!parent || isMissed(entra, parent))
    throw badRequest(`IdentityParent: Object with id '${id}' not found.`)
  if (parent.kind !== 'agentIdentity') throw badRequest(`IdentityParent: '${id}' is no agent identity.`)
  if (!ofAllAgents.some(one => permissions.has(one)) && parent.agentIdentityBlueprintId !== appId)
    throw denied('A blueprint may create user accounts for agent identities of its own only.')
  return parent
}

const denied = (message: string) => new GraphError('Authorization_RequestDenied', message, 403)

/** A user as Graph shows it. */
export function showUser(entra: Entra, user: User) {
  const { identityParentId, licenseDetails: _elsewhere, ...rest } = user
  const isAgents = identityParentId !== undefined
  return {
    '@odata.type': isAgents ? agentUserType : '#microsoft.graph.user',
    ...rest,
    accountEnabled: shown(entra, user, 'accountEnabled') ?? true,
    ...(isAgents ? { identityParentId } : {}),
  }
}
