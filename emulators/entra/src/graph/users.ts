import { randomUUID } from 'node:crypto'
import { Type } from 'typebox'
import type { Application, ServicePrincipal, User } from '../directory/objects.ts'
import type { Entra } from '../entra.ts'
import {
  alreadyThere,
  applicationPermission,
  badRequest,
  type Caller,
  denied,
  duplicateError,
  GraphError,
  requireByKind,
  throwNotFound,
} from './access.ts'
import { AccountPatch, NewAgentUser, Reference } from './bodies.ts'
import { findUser, readUserId, showObject, without } from './odata.ts'
import { changeProperties, lookUpMisses, propertySeenByLookUp } from './replication.ts'
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
    changeProperties(agentUserOf(request), request.body)
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

/** Routes for sponsors, who answer for blueprints and agents, and for owners, who may change them (https://learn.microsoft.com/graph/api/resources/agentidentity). */
export function addResponsibleUserRoutes(routes: GraphRoutes): void {
  for (const kind of ['application', 'principal'] as const)
    for (const relation of ['sponsors', 'owners'] as const) {
      const path = `/${kind === 'application' ? 'applications' : 'servicePrincipals'}/:key/${relation}`
      const find = ({ caller, [kind]: object }: GraphRequest, what: 'Read' | 'ReadWrite') => {
        checkPermission(caller, object, relation, what)
        return object
      }
      const list: Parameters<GraphRoutes['list']>[1] = request =>
        propertySeenByLookUp(request.entra, find(request, 'Read'), relation).flatMap(id => {
          const user = request.entra.directory.user(id)
          return user ? [showUser(request.entra, user)] : showObject(request.entra, id)
        })
      routes.list(path, list, 'directoryObjects')
      routes.act(`${path}/$ref`, Reference, request => {
        const object = find(request, 'ReadWrite')
        const address = request.body['@odata.id']
        const user = readUserId(request.entra, address) ?? throwNotFound(address)
        if (object[relation].includes(user)) throw alreadyThere(relation)
        changeProperties<typeof object>(object, { [relation]: [...object[relation], user] })
      })
      routes.remove(`${path}/:part/$ref`, request => {
        const object = find(request, 'ReadWrite')
        const others = without(object[relation], request.part, id => id === request.part)
        changeProperties<typeof object>(object, { [relation]: others })
      })
    }
}

function checkPermission(
  caller: Caller,
  { kind }: Application | ServicePrincipal,
  relation: 'sponsors' | 'owners',
  what: 'Read' | 'ReadWrite',
): void {
  const isSponsors = relation === 'sponsors'
  if (isSponsors && (kind === 'application' || kind === 'servicePrincipal'))
    throw new GraphError('BadRequest', 'Resource not found for the segment.')
  const isAgent = kind === 'agentIdentity'
  const ofSponsors = isAgent ? 'AgentIdentity.ReadWrite.All' : applicationPermission
  const ofOwners = `${isAgent ? 'AgentIdentity' : 'AgentIdentityBlueprint'}.${what}.All`
  // As Graph's documentation says, no delegated permission gives access to the sponsors of an agent.
  if (isAgent && isSponsors && caller.userId !== undefined) throw denied()
  requireByKind(caller, { kind }, isSponsors ? ofSponsors : ofOwners)
}
