import type { Application, ServicePrincipal } from '../directory/objects.ts'
import { Reference } from './bodies.ts'
import { applicationPermission, type Caller, requireAgentPermission, requirePermission } from './caller.ts'
import { alreadyThere, GraphError, throwNotFound } from './graph-error.ts'
import { readUserId, showObject, without } from './odata.ts'
import { changeProperty, propertySeenByLookUp } from './replication.ts'
import type { GraphRequest, GraphRoutes } from './routes.ts'
import { showUser } from './users.ts'

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
        changeProperty(object, relation, [...object[relation], user])
      })
      routes.remove(`${path}/:part/$ref`, request => {
        const object = find(request, 'ReadWrite')
        changeProperty(
          object,
          relation,
          without(object[relation], request.part, id => id === request.part),
        )
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
  if (kind === 'application' || kind === 'servicePrincipal') {
    if (isSponsors) throw new GraphError('BadRequest', 'Resource not found for the segment.')
    requirePermission(caller, applicationPermission)
    return
  }
  const isAgent = kind === 'agentIdentity'
  const ofSponsors = isAgent ? 'AgentIdentity.ReadWrite.All' : applicationPermission
  const ofOwners = `${isAgent ? 'AgentIdentity' : 'AgentIdentityBlueprint'}.${what}.All`
  // As Graph's documentation says, no delegated permission gives access to the sponsors of an agent.
  const isForNobody = isAgent && isSponsors && caller.userId !== undefined
  requireAgentPermission(caller, ...(isForNobody ? [] : [isSponsors ? ofSponsors : ofOwners]))
}
