import type { Directory } from '../directory/directory.ts'
import type { ServicePrincipal } from '../directory/objects.ts'
import type { Entra } from '../entra.ts'

/** Who is in the tenant, with names and ids, and who may what. No credential is in it. */
export function describeDirectory({ config, directory }: Entra) {
  const { users, groups, servicePrincipals } = directory.content
  const named = new Map([...users, ...groups, ...servicePrincipals].map(one => [one.id, one.displayName]))
  const nameOf = (id: string) => named.get(id) ?? id
  const ofKind = (kind: ServicePrincipal['kind']) =>
    servicePrincipals
      .filter(principal => principal.kind === kind)
      .map(principal => ({
        ...{ id: principal.appId, name: principal.displayName, enabled: principal.accountEnabled },
        blueprint: directory.application(principal.agentIdentityBlueprintId ?? '')?.displayName,
        may: [...rolesOf(directory, principal.id), ...scopesOf(directory, principal, nameOf)],
      }))
  return {
    tenant: config.tenantId,
    users: users.map(
      ({ id, displayName: name, userPrincipalName, accountEnabled: enabled = true, identityParentId }) => ({
        ...{ id, name, userPrincipalName, enabled },
        agent: identityParentId && nameOf(identityParentId),
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

function rolesOf(directory: Directory, id: string) {
  return directory.resources.flatMap(resource =>
    directory.appRoles(id, resource).map(role => ({ api: resource.application.displayName, role })),
  )
}

/** Scopes that a principal has for all users, and those that it has for one user. */
function scopesOf(directory: Directory, principal: ServicePrincipal, nameOf: (id: string) => string) {
  const grants = directory.content.permissionGrants.filter(({ clientId }) => clientId === principal.id)
  const users = new Set(grants.flatMap(({ principalId }) => principalId ?? []))
  return directory.resources.flatMap(resource => {
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
