import { randomUUID } from 'node:crypto'
import type {
  Application,
  AppRoleAssignment,
  DirectoryContent,
  Group,
  PermissionGrant,
  ServicePrincipal,
  User,
} from './objects.ts'

/** An API that is registered and has a principal in the tenant. */
export interface Resource {
  readonly application: Application
  readonly principal: ServicePrincipal
}

/** The tenant's objects, with the look-ups that tokens depend on. */
export class Directory {
  readonly content: DirectoryContent

  constructor(content: DirectoryContent) {
    this.content = content
  }

  application(appId: string): Application | undefined {
    return this.content.applications.find(application => application.appId === appId.toLowerCase())
  }

  /** The service principal of an application or agent, by its client id, which may be the URL of a document. */
  principal(clientId: string): ServicePrincipal | undefined {
    const wanted = clientId.toLowerCase()
    return this.content.servicePrincipals.find(
      ({ appId, document }) => appId === wanted || document?.url === clientId,
    )
  }

  principalById(id: string): ServicePrincipal | undefined {
    return this.content.servicePrincipals.find(principal => principal.id === id.toLowerCase())
  }

  /** A user by object id or user name. */
  user(key: string): User | undefined {
    const wanted = key.toLowerCase()
    return this.content.users.find(({ id, userPrincipalName }) => [id, userPrincipalName].includes(wanted))
  }

  /** The users who can sign in at a page; agents' user accounts cannot. */
  get visitors(): readonly User[] {
    return this.content.users.filter(
      ({ accountEnabled = true, identityParentId }) => accountEnabled && identityParentId === undefined,
    )
  }

  /** A user by object id or user name, if they can sign in at a page. */
  visitor(key: string): User | undefined {
    return this.visitors.find(one => one === this.user(key))
  }

  /** The API with this identifier URI or client id. */
  resource(identifier: string): Resource | undefined {
    const wanted = identifier.toLowerCase()
    const application = this.content.applications.find(
      ({ appId, identifierUris }) =>
        appId === wanted || identifierUris.some(uri => uri.toLowerCase().replace(/\/$/, '') === wanted),
    )
    const principal = application && this.principal(application.appId)
    return application && principal && { application, principal }
  }

  /** All APIs. */
  get resources(): readonly Resource[] {
    return this.content.applications.flatMap(({ appId }) => this.resource(appId) ?? [])
  }

  /** Values of the app roles that a client or user holds on a resource. */
  appRoles(holderId: string, { application, principal }: Resource): string[] {
    const holder = this.principalById(holderId)
    const assigned = [...this.content.appRoleAssignments, ...this.inheritedAssignments(holder)]
      .filter(({ principalId, resourceId }) => principalId === holderId && resourceId === principal.id)
      .map(({ appRoleId }) => appRoleId)
    return application.appRoles
      .filter(({ id, isEnabled }) => isEnabled && assigned.includes(id))
      .map(({ value }) => value)
  }

  /** Scope values that a client was granted on a resource for a user. */
  grantedScopes(client: ServicePrincipal, { application, principal }: Resource, userId: string): Set<string> {
    const granted = [...this.content.permissionGrants, ...this.inheritedGrants(client)]
      .filter(
        grant =>
          grant.clientId === client.id &&
          grant.resourceId === principal.id &&
          (grant.consentType === 'AllPrincipals' || grant.principalId === userId),
      )
      // A grant whose scopes are stored with a leading blank (`' Weather.Read'`) grants nothing.
      .flatMap(({ scope }) => (scope.startsWith(' ') ? [] : scope.split(' ')))
    const preAuthorized = application.api.preAuthorizedApplications
      .filter(({ appId }) => appId === client.appId)
      .flatMap(({ delegatedPermissionIds }) => delegatedPermissionIds)
    const known = application.api.oauth2PermissionScopes.filter(
      ({ id, value, isEnabled }) => isEnabled && (granted.includes(value) || preAuthorized.includes(id)),
    )
    return new Set(known.map(({ value }) => value))
  }

  /** The app roles that an agent identity inherits from its blueprint's principal, as assignments to the agent identity. */
  inheritedAssignments(agent: ServicePrincipal | undefined): readonly AppRoleAssignment[] {
    return this.#inheritances(agent).flatMap(({ from, to, resource, inheritableRoles: which }) =>
      this.content.appRoleAssignments
        .filter(
          ({ principalId, resourceId, appRoleId }) =>
            principalId === from && resourceId === resource && isInherited(which, which?.roles, appRoleId),
        )
        .map(assignment => ({ ...assignment, principalId: to })),
    )
  }

  /** The consents for all users (`AllPrincipals`) that an agent identity inherits from its blueprint's principal. */
  inheritedGrants(agent: ServicePrincipal): readonly PermissionGrant[] {
    return this.#inheritances(agent).flatMap(({ from, to, resource, inheritableScopes: which }) =>
      this.content.permissionGrants
        .filter(
          ({ clientId, resourceId, consentType }) =>
            clientId === from && resourceId === resource && consentType === 'AllPrincipals',
        )
        .map(grant => ({
          ...grant,
          clientId: to,
          scope: grant.scope
            .split(' ')
            .filter(value => isInherited(which, which?.scopes, value))
            .join(' '),
        }))
        .filter(({ scope }) => scope !== ''),
    )
  }

  #inheritances(agent: ServicePrincipal | undefined) {
    const blueprint = this.application(agent?.agentIdentityBlueprintId ?? '')
    const from = blueprint && this.principal(blueprint.appId)
    if (!agent || !from) return []
    return blueprint.inheritablePermissions.flatMap(one => {
      const resource = this.principal(one.resourceAppId)
      return resource ? [{ ...one, from: from.id, to: agent.id, resource: resource.id }] : []
    })
  }

  /** The groups and directory roles that an object is in, directly or through other groups. */
  groupsOf(id: string): readonly Group[] {
    const inside = new Set([id])
    const found = new Set<Group>()
    for (const holder of inside)
      for (const group of this.content.groups)
        if (group.members.includes(holder)) {
          found.add(group)
          inside.add(group.id)
        }
    return [...found]
  }

  grantLike(wanted: Omit<PermissionGrant, 'id' | 'scope'>): PermissionGrant | undefined {
    const keys = ['clientId', 'resourceId', 'consentType', 'principalId'] as const
    return this.content.permissionGrants.find(known => keys.every(key => known[key] === wanted[key]))
  }

  /** Records a user's or an administrator's consent; new scopes are added to those granted before. */
  grant(grant: Omit<PermissionGrant, 'id'> & { readonly id?: string }): void {
    const existing = this.grantLike(grant)
    if (existing)
      existing.scope = [...new Set([...existing.scope.split(' '), ...grant.scope.split(' ')])].join(' ')
    else this.content.permissionGrants.push({ id: randomUUID(), ...grant })
  }

  /** Removes a user or principal, with what it has and what others have at it. */
  remove({ id: gone }: User | ServicePrincipal): void {
    const { content } = this
    const isOther = ({ id }: { readonly id: string }) => id !== gone
    const isForOthers = (one: object) => !Object.values(one).includes(gone)
    content.users = content.users.filter(isOther)
    content.servicePrincipals = content.servicePrincipals.filter(isOther)
    content.appRoleAssignments = content.appRoleAssignments.filter(isForOthers)
    content.permissionGrants = content.permissionGrants.filter(isForOthers)
    content.roleAssignments = content.roleAssignments.filter(isForOthers)
    for (const group of content.groups) group.members = group.members.filter(member => member !== gone)
  }
}

function isInherited(
  { kind }: { readonly kind: string } = { kind: 'none' },
  named: readonly string[] = [],
  permission: string,
): boolean {
  return kind === 'allAllowed' || (kind === 'enumerated' && named.includes(permission))
}
