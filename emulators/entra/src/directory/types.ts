// Objects of the tenant, shaped as Microsoft Graph v1.0 names them (https://learn.microsoft.com/graph/api/resources).

export interface Application {
  /** Object id. For a blueprint it equals `appId`. */
  readonly id: string
  readonly appId: string
  readonly kind: 'application' | 'agentIdentityBlueprint'
  readonly createdDateTime: string
  displayName: string
  description: string | null
  signInAudience: string
  identifierUris: string[]
  api: {
    /** `null` counts as 1. */
    requestedAccessTokenVersion: 1 | 2 | null
    oauth2PermissionScopes: PermissionScope[]
    preAuthorizedApplications: PreAuthorizedApplication[]
  }
  appRoles: AppRole[]
  optionalClaims: OptionalClaims | null
  spa: { redirectUris: string[] }
  requiredResourceAccess: RequiredResourceAccess[]
  passwordCredentials: PasswordCredential[]
  keyCredentials: KeyCredential[]
  federatedIdentityCredentials: FederatedIdentityCredential[]
  /** Blueprints only: what their agents get of the permissions of the blueprint's principal. */
  inheritablePermissions: InheritablePermission[]
  /** Object ids of users. */
  sponsors: string[]
  owners: string[]
}

export interface PermissionScope {
  readonly id: string
  readonly value: string
  readonly type: 'User' | 'Admin'
  readonly isEnabled: boolean
  readonly adminConsentDisplayName: string
  readonly adminConsentDescription: string
  readonly userConsentDisplayName: string
  readonly userConsentDescription: string
}

export interface AppRole {
  readonly id: string
  readonly value: string
  readonly displayName: string
  readonly description: string
  readonly allowedMemberTypes: readonly ('Application' | 'User')[]
  readonly isEnabled: boolean
}

export interface PreAuthorizedApplication {
  readonly appId: string
  readonly delegatedPermissionIds: readonly string[]
}

export interface OptionalClaims {
  readonly accessToken: readonly OptionalClaim[]
  readonly idToken: readonly OptionalClaim[]
}

export interface OptionalClaim {
  readonly name: string
  readonly essential: boolean
  readonly additionalProperties: readonly string[]
}

export interface RequiredResourceAccess {
  readonly resourceAppId: string
  readonly resourceAccess: readonly { readonly id: string; readonly type: 'Scope' | 'Role' }[]
}

export interface PasswordCredential {
  readonly keyId: string
  readonly displayName: string | null
  readonly startDateTime: string
  readonly endDateTime: string
  readonly secretText: string
}

export interface KeyCredential {
  readonly keyId: string
  readonly displayName: string | null
  readonly certificatePem: string
}

export interface FederatedIdentityCredential {
  readonly id: string
  readonly name: string
  issuer: string
  subject: string
  audiences: string[]
  description: string | null
}

export interface InheritablePermission {
  readonly resourceAppId: string
  readonly inheritsAllScopes: boolean
  readonly inheritsAllRoles: boolean
}

export interface ServicePrincipal {
  readonly id: string
  /** For an agent identity the same GUID as `id`; Graph shows it as `null`. */
  readonly appId: string
  readonly kind: 'servicePrincipal' | 'agentIdentityBlueprintPrincipal' | 'agentIdentity'
  readonly createdDateTime: string
  displayName: string
  accountEnabled: boolean
  /** Whether callers need an app role to get any token for this resource. */
  appRoleAssignmentRequired: boolean
  /** Agent identities only: the `appId` of the blueprint that acts for them. */
  readonly agentIdentityBlueprintId: string | null
  sponsors: string[]
}

export interface User {
  readonly id: string
  readonly displayName: string
  readonly givenName: string
  readonly surname: string
  readonly userPrincipalName: string
  readonly mail: string
}

export interface AppRoleAssignment {
  readonly id: string
  readonly principalId: string
  readonly resourceId: string
  readonly appRoleId: string
  readonly createdDateTime: string
}

export interface PermissionGrant {
  readonly id: string
  /** Object id of the client's service principal. */
  readonly clientId: string
  readonly consentType: 'AllPrincipals' | 'Principal'
  /** The one person who consented; `null` when an administrator did for all. */
  readonly principalId: string | null
  /** Object id of the resource's service principal. */
  readonly resourceId: string
  /** Scope values, separated by spaces. */
  scope: string
}

/** Everything a tenant holds; `seed.ts` makes one. */
export interface DirectoryContent {
  applications: Application[]
  servicePrincipals: ServicePrincipal[]
  users: User[]
  appRoleAssignments: AppRoleAssignment[]
  permissionGrants: PermissionGrant[]
}
