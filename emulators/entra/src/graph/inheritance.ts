import { type Application, InheritablePermission, type ServicePrincipal } from '../directory/objects.ts'
import type { Entra } from '../entra.ts'
import { duplicateError, throwNotFound } from './graph-error.ts'
import { findApplication, findServicePrincipal, without } from './odata.ts'
import type { GraphVersion } from './paths.ts'
import { showAssignment } from './permissions.ts'
import type { GraphRoutes } from './routes.ts'

const listPath = '/applications/:key/inheritablePermissions'

/**
 * What agent identities inherit from their blueprint's principal, which only the beta version shows of an agent
 * (https://learn.microsoft.com/entra/agent-id/configure-inheritable-permissions-blueprints).
 */
export function addInheritanceRoutes(routes: GraphRoutes, version: GraphVersion): void {
  const readers = routes.forAgents('AgentIdentityBlueprint.Read.All')
  const writers = routes.forAgents('AgentIdentityBlueprint.Create', 'AgentIdentityBlueprint.ReadWrite.All')
  readers.list(listPath, ({ entra, key }) => findBlueprint(entra, key).inheritablePermissions)
  writers.create(listPath, InheritablePermission, ({ entra, body, key }) => {
    const { inheritablePermissions: known } = findBlueprint(entra, key)
    if (known.some(({ resourceAppId }) => resourceAppId === body.resourceAppId))
      throw duplicateError(`There are inheritable permissions for '${body.resourceAppId}' already.`)
    known.push(body)
    return body
  })
  writers.remove(`${listPath}/:part`, ({ entra, key, part }) => {
    const blueprint = findBlueprint(entra, key)
    const known = blueprint.inheritablePermissions
    blueprint.inheritablePermissions = without(known, part, ({ resourceAppId }) => resourceAppId === part)
  })
  if (version !== 'beta') return
  const agentReaders = routes.forAgents('AgentIdentity.Read.All')
  const path = '/servicePrincipals/:key/inherited'
  agentReaders.list(
    `${path}AppRoleAssignments`,
    ({ entra, key }) =>
      entra.directory.inheritedAssignments(findAgent(entra, key)).map(one => showAssignment(entra, one)),
    'appRoleAssignments',
  )
  agentReaders.list(
    `${path}Oauth2PermissionGrants`,
    ({ entra, key }) => entra.directory.inheritedGrants(findAgent(entra, key)),
    'oauth2PermissionGrants',
  )
}

function findAgent(entra: Entra, key: string): ServicePrincipal {
  const principal = findServicePrincipal(entra, key)
  return principal.kind === 'agentIdentity' ? principal : throwNotFound(key)
}

function findBlueprint(entra: Entra, key: string): Application {
  const application = findApplication(entra, key)
  return application.kind === 'agentIdentityBlueprint' ? application : throwNotFound(key)
}
