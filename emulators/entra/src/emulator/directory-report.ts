import type { Directory } from '../directory/directory.ts'
import { platforms, type ServicePrincipal } from '../directory/objects.ts'
import type { Entra } from '../entra.ts'

/** Who is in the tenant, with names and ids, and who may what. No credential is in it. */
export function describeDirectory({ config, directory }: Entra) {
  const { users, groups, servicePrincipals } = directory.content
  const named = new Map([...users, ...groups, ...servicePrincipals].map(one => [one.id, one.displayName]))
  const nameOf = (id: string) => named.get(id) ?? id
  const ofKind = (kind: ServicePrincipal['kind']) =>
    servicePrincipals
      .filter(principal => principal.kind === kind)
      .map(({ id, appId, displayName: name, accountEnabled: enabled, agentIdentityBlueprintId }) => ({
        ...{ id: appId, name, enabled },
        ...describeApplication(directory, agentIdentityBlueprintId ?? appId, kind),
        may: [...rolesOf(directory, id), ...scopesOf(directory, id, nameOf)],
      }))
  return {
    tenant: config.tenantId,
    users: users.map(
      ({ id, displayName: name, userPrincipalName, accountEnabled: enabled = true, identityParentId }) => ({
        ...{ id, name, userPrincipalName, enabled },
        ...(identityParentId !== undefined && { agent: nameOf(identityParentId) }),
        may: rolesOf(directory, id),
      }),
    ),
    groups: groups.map(({ id, kind, displayName: name, members }) => ({
      ...{ id, kind, name, members: members.map(nameOf) },
    })),
    apps: ofKind('servicePrincipal'),
    blueprints: ofKind('agentIdentityBlueprintPrincipal'),
    agents: ofKind('agentIdentity'),
  }
}

function describeApplication(directory: Directory, appId: string, kind: ServicePrincipal['kind']) {
  const application = directory.application(appId)
  if (!application) return {}
  const { displayName, identifierUris, api, appRoles } = application
  if (kind === 'agentIdentity') return { blueprint: displayName }
  const redirectUris = platforms.map(platform => [platform, application[platform].redirectUris] as const)
  return {
    identifierUris,
    scopes: api.oauth2PermissionScopes.map(({ value }) => value),
    roles: appRoles.map(({ value }) => value),
    redirectUris: Object.fromEntries(redirectUris.filter(([, uris]) => uris.length > 0)),
  }
}

function rolesOf(directory: Directory, id: string) {
  return resourcesOf(directory).flatMap(resource =>
    directory.appRoles(id, resource).map(role => ({ api: resource.application.displayName, role })),
  )
}

/** Scopes that a principal has for all users, and those that it has for one user. */
function scopesOf(directory: Directory, id: string, nameOf: (id: string) => string) {
  const principal = directory.principalById(id)
  if (!principal) return []
  const grants = directory.content.permissionGrants.filter(({ clientId }) => clientId === id)
  const users = new Set(grants.flatMap(({ principalId }) => principalId ?? []))
  return resourcesOf(directory).flatMap(resource => {
    const api = resource.application.displayName
    const forAll = directory.grantedScopes(principal, resource, '')
    const forOne = [...users].flatMap(user =>
      [...directory.grantedScopes(principal, resource, user)]
        .filter(scope => !forAll.has(scope))
        .map(scope => ({ api, scope, user: nameOf(user) })),
    )
    return [...[...forAll].map(scope => ({ api, scope })), ...forOne]
  })
}

const resourcesOf = (directory: Directory) =>
  directory.content.applications.flatMap(({ appId }) => directory.resource(appId) ?? [])
