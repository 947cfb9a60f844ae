import { randomUUID } from 'node:crypto'
import type { Application, DirectoryContent, PermissionGrant, ServicePrincipal, User } from './types.ts'

/** The tenant's objects, and the questions that tokens depend on. */
export class Directory {
  readonly content: DirectoryContent

  constructor(content: DirectoryContent) {
    this.content = content
  }

  application(appId: string): Application | undefined {
    return this.content.applications.find(application => application.appId === appId.toLowerCase())
  }

  /** The principal of an application or agent in this tenant, by its client id. */
  principal(appId: string): ServicePrincipal | undefined {
    return this.content.servicePrincipals.find(principal => principal.appId === appId.toLowerCase())
  }

  principalById(id: string): ServicePrincipal | undefined {
    return this.content.servicePrincipals.find(principal => principal.id === id.toLowerCase())
  }

  user(id: string): User | undefined {
    return this.content.users.find(user => user.id === id.toLowerCase())
  }

  userByName(userPrincipalName: string): User | undefined {
    const wanted = userPrincipalName.toLowerCase()
    return this.content.users.find(user => user.userPrincipalName === wanted)
  }

  /** The application that a scope names by its identifier URI or its client id. */
  resource(identifier: string): Application | undefined {
    const wanted = identifier.toLowerCase()
    return this.content.applications.find(
      ({ appId, identifierUris }) =>
        appId === wanted || identifierUris.some(uri => uri.toLowerCase().replace(/\/$/, '') === wanted),
    )
  }

  /** Values of the app roles that a client holds on a resource, inherited ones included. */
  appRolesOf(client: ServicePrincipal, resource: Application, resourcePrincipal: ServicePrincipal): string[] {
    const holders = [client.id, ...this.#inheritsFrom(client, resource, 'inheritsAllRoles')]
    return this.#assignedRoles(holders, resource, resourcePrincipal)
  }

  appRolesOfUser(user: User, resource: Application, resourcePrincipal: ServicePrincipal): string[] {
    return this.#assignedRoles([user.id], resource, resourcePrincipal)
  }

  #assignedRoles(
    holders: readonly string[],
    { appRoles }: Application,
    resourcePrincipal: ServicePrincipal,
  ): string[] {
    const assigned = new Set(
      this.content.appRoleAssignments
        .filter(
          ({ principalId, resourceId }) =>
            holders.includes(principalId) && resourceId === resourcePrincipal.id,
        )
        .map(({ appRoleId }) => appRoleId),
    )
    return appRoles.filter(({ id, isEnabled }) => isEnabled && assigned.has(id)).map(({ value }) => value)
  }

  /** Scope values that a client was granted on a resource for a person. */
  grantedScopes(
    client: ServicePrincipal,
    resource: Application,
    resourcePrincipal: ServicePrincipal,
    userId: string,
  ): Set<string> {
    const clients = [client.id, ...this.#inheritsFrom(client, resource, 'inheritsAllScopes')]
    const granted = this.content.permissionGrants
      .filter(
        grant =>
          clients.includes(grant.clientId) &&
          grant.resourceId === resourcePrincipal.id &&
          (grant.consentType === 'AllPrincipals' || grant.principalId === userId),
      )
      .flatMap(grant => grant.scope.split(' '))
    const preAuthorized = resource.api.preAuthorizedApplications
      .filter(({ appId }) => appId === client.appId)
      .flatMap(({ delegatedPermissionIds }) => delegatedPermissionIds)
    const known = resource.api.oauth2PermissionScopes.filter(scope => scope.isEnabled)
    return new Set(
      known
        .filter(({ id, value }) => granted.includes(value) || preAuthorized.includes(id))
        .map(({ value }) => value),
    )
  }

  /** Records a person's or an administrator's consent; scopes add up. */
  grant(grant: Omit<PermissionGrant, 'id'>): PermissionGrant {
    const existing = this.content.permissionGrants.find(
      known =>
        known.clientId === grant.clientId &&
        known.resourceId === grant.resourceId &&
        known.consentType === grant.consentType &&
        known.principalId === grant.principalId,
    )
    if (existing) {
      existing.scope = [...new Set([...existing.scope.split(' '), ...grant.scope.split(' ')])].join(' ')
      return existing
    }
    const added = { id: randomUUID(), ...grant }
    this.content.permissionGrants.push(added)
    return added
  }

  /** Removes a principal and everything that was given to it or by it. */
  removePrincipal({ id }: ServicePrincipal): void {
    const { content } = this
    content.servicePrincipals = content.servicePrincipals.filter(principal => principal.id !== id)
    content.appRoleAssignments = content.appRoleAssignments.filter(
      ({ principalId, resourceId }) => principalId !== id && resourceId !== id,
    )
    content.permissionGrants = content.permissionGrants.filter(
      ({ clientId, resourceId }) => clientId !== id && resourceId !== id,
    )
  }

  #inheritsFrom(
    principal: ServicePrincipal,
    resource: Application,
    what: 'inheritsAllRoles' | 'inheritsAllScopes',
  ): string[] {
    if (principal.agentIdentityBlueprintId === null) return []
    const blueprint = this.application(principal.agentIdentityBlueprintId)
    const inherits = blueprint?.inheritablePermissions.some(
      permission => permission.resourceAppId === resource.appId && permission[what],
    )
    const holder = this.principal(principal.agentIdentityBlueprintId)
    return inherits && holder ? [holder.id] : []
  }
}
