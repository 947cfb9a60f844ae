import type { Application, ServicePrincipal } from '../directory/objects.ts'
import { Reference } from './bodies.ts'
import { applicationPermission, type Caller, requireAgentPermission, requirePermission } from './caller.ts'
import { alreadyThere, GraphError, throwNotFound } from './graph-error.ts'
import { findApplication, findServicePrincipal, readUserId, showObject, without } from './odata.ts'
import { changeProperty, propertySeenByLookUp } from './replication.ts'
import type { GraphRoutes } from './routes.ts'
import { showUser } from './users.ts'

type Relation = 'sponsors' | 'owners'

/** Routes for sponsors, who answer for blueprints and agents, and for owners, who may change them (https://learn.microsoft.com/graph/api/resources/agentidentity). */
export function addResponsibleUserRoutes(routes: GraphRoutes): void {
  for (const [path, find] of [
    ['/applications', findApplication],
    ['/servicePrincipals', findServicePrincipal],
  ] as const) {
    for (const relation of ['sponsors', 'owners'] as const) {
      const list: Parameters<GraphRoutes['list']>[1] = ({ entra, caller, key }) => {
        const object = find(entra, key)
        checkPermission(caller, object, relation, 'list')
        return propertySeenByLookUp(entra, object, relation).flatMap(id => {
          const user = entra.directory.user(id)
          return user ? [showUser(entra, user)] : showObject(entra, id)
        })
      }
      routes.list(`${path}/:key/${relation}`, list, 'directoryObjects')
      routes.act(`${path}/:key/${relation}/$ref`, Reference, ({ entra, body, caller, key }) => {
        const object = find(entra, key)
        checkPermission(caller, object, relation, 'change')
        const address = body['@odata.id']
        const user = readUserId(entra, address) ?? throwNotFound(address)
        if (object[relation].includes(user)) throw alreadyThere(relation)
        changeProperty(object, relation, [...object[relation], user])
      })
      routes.remove(`${path}/:key/${relation}/:part/$ref`, ({ entra, caller, key, part }) => {
        const object = find(entra, key)
        checkPermission(caller, object, relation, 'change')
        const others = without(object[relation], part, id => id === part)
        changeProperty(object, relation, others)
      })
    }
  }
}

function checkPermission(
  caller: Caller,
  { kind }: Application | ServicePrincipal,
  relation: Relation,
  what: 'list' | 'change',
): void {
  if (kind === 'application' || kind === 'servicePrincipal') {
    if (relation === 'sponsors') throw new GraphError('BadRequest', 'Resource not found for the segment.')
    requirePermission(caller, applicationPermission)
    return
  }
  const isAgent = kind === 'agentIdentity'
  // As Graph's documentation says, no delegated permission gives access to the sponsors of an agent.
  const isForUsers = !isAgent || relation === 'owners'
  const object = isAgent ? 'AgentIdentity' : 'AgentIdentityBlueprint'
  const ofSponsors = isAgent ? 'AgentIdentity.ReadWrite.All' : applicationPermission
  const ofOwners = `${object}.${what === 'list' ? 'Read' : 'ReadWrite'}.All`
  const permission = relation === 'sponsors' ? ofSponsors : ofOwners
  requireAgentPermission(caller, ...(caller.userId === undefined || isForUsers ? [permission] : []))
}
