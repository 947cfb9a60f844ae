import { type Application, InheritablePermission } from '../directory/objects.ts'
import type { Entra } from '../entra.ts'
import { type Caller, requireAgentPermission } from './caller.ts'
import { alreadyExists, notFound } from './graph-error.ts'
import { findApplication, findServicePrincipal } from './odata.ts'
import type { GraphVersion } from './paths.ts'
import { showAssignment } from './permissions.ts'
import type { GraphRoutes } from './routes.ts'

const listPath = '/applications/:key/inheritablePermissions'

/**
 * What agent identities get along from their blueprint's principal
 * (https://learn.microsoft.com/entra/agent-id/configure-inheritable-permissions-blueprints). Only beta tells it of an agent.
 */
export function addInheritanceRoutes(routes: GraphRoutes, entra: Entra, version: GraphVersion): void {
  const writable = (caller: Caller, key: string) => {
    requireAgentPermission(caller, 'AgentIdentityBlueprint.Create', 'AgentIdentityBlueprint.ReadWrite.All')
    return findBlueprint(entra, key)
  }
  routes.list(listPath, 'inheritablePermissions', ({ caller, key }) => {
    requireAgentPermission(caller, 'AgentIdentityBlueprint.Read.All')
    return findBlueprint(entra, key).inheritablePermissions
  })
  routes.create(listPath, InheritablePermission, ({ body, caller, key }) => {
    const { inheritablePermissions: known } = writable(caller, key)
    if (known.some(({ resourceAppId }) => resourceAppId === body.resourceAppId))
      throw alreadyExists(`There are inheritable permissions for '${body.resourceAppId}' already.`)
    known.push(body)
    return body
  })
  routes.remove(`${listPath}/:part`, ({ caller, key, part }) => {
    const blueprint = writable(caller, key)
    const others = blueprint.inheritablePermissions.filter(({ resourceAppId }) => resourceAppId !== part)
    if (others.length === blueprint.inheritablePermissions.length) notFound(part)
    blueprint.inheritablePermissions = others
  })
  if (version !== 'beta') return
  const agent = (caller: Caller, key: string) => {
    requireAgentPermission(caller, 'AgentIdentity.Read.All')
    const principal = findServicePrincipal(entra, key)
    return principal.kind === 'agentIdentity' ? principal : notFound(key)
  }
  routes.list(
    '/servicePrincipals/:key/inheritedAppRoleAssignments',
    'appRoleAssignments',
    ({ caller, key }) =>
      entra.directory
        .inheritedAssignments(agent(caller, key))
        .map(assignment => showAssignment(entra, assignment)),
  )
  routes.list(
    '/servicePrincipals/:key/inheritedOauth2PermissionGrants',
    'oauth2PermissionGrants',
    ({ caller, key }) => entra.directory.inheritedGrants(agent(caller, key)),
  )
}

function findBlueprint(entra: Entra, key: string): Application {
  const application = findApplication(entra, key)
  return application.kind === 'agentIdentityBlueprint' ? application : notFound(key)
}
