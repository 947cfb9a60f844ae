import { InheritablePermission } from '../directory/objects.ts'
import { duplicateError, throwNotFound } from './graph-error.ts'
import { without } from './odata.ts'
import type { GraphVersion } from './paths.ts'
import { showAssignment } from './permissions.ts'
import type { GraphRequest, GraphRoutes } from './routes.ts'

const listPath = '/applications/:key/inheritablePermissions'

/**
 * What agent identities inherit from their blueprint's principal, which only the beta version shows of an agent
 * (https://learn.microsoft.com/entra/agent-id/configure-inheritable-permissions-blueprints).
 */
export function addInheritanceRoutes(routes: GraphRoutes, version: GraphVersion): void {
  const readers = routes.forAgents('AgentIdentityBlueprint.Read.All')
  const writers = routes.forAgents('AgentIdentityBlueprint.Create', 'AgentIdentityBlueprint.ReadWrite.All')
  readers.list(listPath, request => blueprintOf(request).inheritablePermissions)
  writers.create(listPath, InheritablePermission, request => {
    const [{ inheritablePermissions: known }, { body }] = [blueprintOf(request), request]
    if (known.some(({ resourceAppId }) => resourceAppId === body.resourceAppId))
      throw duplicateError(`There are inheritable permissions for '${body.resourceAppId}' already.`)
    known.push(body)
    return body
  })
  writers.remove(`${listPath}/:part`, request => {
    const [blueprint, { part }] = [blueprintOf(request), request]
    const known = blueprint.inheritablePermissions
    blueprint.inheritablePermissions = without(known, part, ({ resourceAppId }) => resourceAppId === part)
  })
  if (version !== 'beta') return
  const agentReaders = routes.forAgents('AgentIdentity.Read.All')
  const path = '/servicePrincipals/:key/inherited'
  agentReaders.list(
    `${path}AppRoleAssignments`,
    request => {
      const inherited = request.entra.directory.inheritedAssignments(agentOf(request))
      return inherited.map(one => showAssignment(request.entra, one))
    },
    'appRoleAssignments',
  )
  agentReaders.list(
    `${path}Oauth2PermissionGrants`,
    request => request.entra.directory.inheritedGrants(agentOf(request)),
    'oauth2PermissionGrants',
  )
}

function agentOf({ principal, key }: GraphRequest) {
  return principal.kind === 'agentIdentity' ? principal : throwNotFound(key)
}

function blueprintOf({ application, key }: GraphRequest) {
  return application.kind === 'agentIdentityBlueprint' ? application : throwNotFound(key)
}
