import { strictObject } from '@entra-agents/emulator-kit'
import { type Static, Type } from 'typebox'
import type { ConditionalAccessPolicy } from './policies.ts'

// Objects of the tenant, shaped as Microsoft Graph v1.0 names them (https://learn.microsoft.com/graph/api/resources).

export const Guid = Type.String({ pattern: '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$' })
export const Name = Type.String({ minLength: 1, maxLength: 600 })
const Text = Type.String({ default: '' })
const RedirectUris = Type.Array(Type.String({ format: 'uri' }))

/** Permission scopes and app roles may have further properties, which are stored as they were sent. */
const PermissionScope = Type.Object({
  id: Guid,
  value: Name,
  type: Type.Enum(['User', 'Admin'] as const, { default: 'User' }),
  isEnabled: Type.Boolean({ default: true }),
  userConsentDescription: Text,
})
export type PermissionScope = Static<typeof PermissionScope>

const AppRole = Type.Object({
  id: Guid,
  value: Name,
  displayName: Name,
  description: Text,
  allowedMemberTypes: Type.Array(Type.Enum(['Application', 'User'] as const), { minItems: 1 }),
  isEnabled: Type.Boolean({ default: true }),
})
export type AppRole = Static<typeof AppRole>

const OptionalClaim = strictObject({
  name: Name,
  essential: Type.Boolean({ default: false }),
  additionalProperties: Type.Array(Name, { default: [] }),
})
export type OptionalClaim = Static<typeof OptionalClaim>
const OptionalClaims = Type.Array(OptionalClaim, { default: [] })
const OptionalClaimsOfTokens = strictObject({ accessToken: OptionalClaims, idToken: OptionalClaims })
type OptionalClaimsOfTokens = Static<typeof OptionalClaimsOfTokens>

const PreAuthorizedApplication = strictObject({ appId: Guid, delegatedPermissionIds: Type.Array(Guid) })
const Api = strictObject({
  /** `null` means the same as 1: access tokens of version 1.0. */
  requestedAccessTokenVersion: Type.Union([Type.Literal(1), Type.Literal(2), Type.Null()]),
  oauth2PermissionScopes: Type.Array(PermissionScope),
  preAuthorizedApplications: Type.Array(PreAuthorizedApplication),
  /** Whether the API's tokens may have claims that Entra does not add by itself. */
  acceptMappedClaims: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])),
})

const applicationProperties = {
  displayName: Name,
  description: Type.Union([Text, Type.Null()]),
  signInAudience: Type.Enum(['AzureADMyOrg', 'AzureADMultipleOrgs'] as const),
  identifierUris: Type.Array(Type.String({ format: 'uri' })),
  appRoles: Type.Array(AppRole),
  optionalClaims: Type.Unsafe<OptionalClaimsOfTokens | null>({ ...OptionalClaimsOfTokens, nullable: true }),
  spa: strictObject({ redirectUris: RedirectUris }),
  /** Of applications with a credential. For a blueprint: where Entra may send a browser back after consent to one of its agents. */
  web: strictObject({
    redirectUris: RedirectUris,
    implicitGrantSettings: Type.Optional(
      strictObject({
        /** Whether the sign-in page may return an ID token, and not only a code. */
        enableIdTokenIssuance: Type.Optional(Type.Boolean()),
        /** Only stored: the sign-in page returns no access token. */
        enableAccessTokenIssuance: Type.Optional(Type.Boolean()),
      }),
    ),
  }),
  /** Of native applications, which have no credential. */
  publicClient: strictObject({ redirectUris: RedirectUris }),
  /** Whether the application may get tokens without a page or a credential, such as by device code. */
  isFallbackPublicClient: Type.Union([Type.Boolean(), Type.Null()]),
  /** Which groups of a user the tokens name, if any. */
  groupMembershipClaims: Type.Union([Type.Enum(['SecurityGroup', 'All'] as const), Type.Null()]),
  /** Only stored: the emulator does not use it. */
  requiredResourceAccess: Type.Array(Type.Object({ resourceAppId: Guid })),
  /** Some tenants require a value. */
  serviceManagementReference: Type.Union([Name, Type.Null()]),
}

/** The properties of an application that callers of Graph can set. */
export const ApplicationChange = {
  ...Type.Partial(Type.Object(applicationProperties)).properties,
  api: Type.Optional(Type.Partial(Api, { additionalProperties: false })),
}

/** The platforms of an application: where its redirect URIs are registered, which decides how it redeems codes. */
export const platforms = ['spa', 'web', 'publicClient'] as const
export type Platform = (typeof platforms)[number]

export interface PasswordCredential {
  readonly keyId: string
  readonly displayName: string | null
  readonly startDateTime: string
  readonly endDateTime: string
  readonly secretText: string
}

/** The properties of a federated identity credential that callers of Graph can set. */
export const FederatedProperties = strictObject({
  issuer: Name,
  /** `null` if there is an expression in its place. */
  subject: Type.Union([Name, Type.Null()]),
  /** Only stored: no token matches it here. */
  claimsMatchingExpression: Type.Optional(strictObject({ value: Name, languageVersion: Type.Literal(1) })),
  audiences: Type.Array(Name, { minItems: 1, maxItems: 1 }),
  description: Type.Optional(Type.Union([Text, Type.Null()])),
})
export type FederatedIdentityCredential = Static<typeof FederatedProperties> & {
  readonly id: string
  readonly name: string
}

const InheritanceKind = Type.Enum(['allAllowed', 'enumerated', 'none'] as const)
const OptionalNames = Type.Optional(Type.Array(Name))
/** Rights at one API that a blueprint's agents inherit from the blueprint's principal (https://learn.microsoft.com/graph/api/resources/inheritablepermission). */
export const InheritablePermission = strictObject({
  resourceAppId: Guid,
  inheritableScopes: Type.Optional(Type.Object({ kind: InheritanceKind, scopes: OptionalNames })),
  inheritableRoles: Type.Optional(Type.Object({ kind: InheritanceKind, roles: OptionalNames })),
})
export type InheritablePermission = Static<typeof InheritablePermission>

const ApplicationProperties = Type.Object({ ...applicationProperties, api: Api })
export type Application = Static<typeof ApplicationProperties> & {
  /** Object id. For a blueprint it equals `appId`. */
  readonly id: string
  readonly appId: string
  readonly kind: 'application' | 'agentIdentityBlueprint'
  readonly createdDateTime: string
  passwordCredentials: PasswordCredential[]
  /** PEM certificates whose keys may sign client assertions. */
  certificates: string[]
  federatedIdentityCredentials: FederatedIdentityCredential[]
  /** Only a blueprint has any. */
  inheritablePermissions: InheritablePermission[]
  /** For a blueprint: client ids of applications that may change the blueprint. */
  managerApplications: string[]
  /** Object ids of users. */
  sponsors: string[]
  owners: string[]
}

export interface ServicePrincipal {
  readonly id: string
  /** Client id. For an agent identity it equals `id`, but Graph shows `null` instead. */
  readonly appId: string
  readonly kind: 'servicePrincipal' | 'agentIdentityBlueprintPrincipal' | 'agentIdentity'
  readonly createdDateTime: string
  displayName: string
  accountEnabled: boolean
  /** Whether callers need an app role to get any token for this resource. */
  appRoleAssignmentRequired: boolean
  /** Agent identities only: the `appId` of the blueprint that acts for them. */
  readonly agentIdentityBlueprintId: string | null
  /** The client ID metadata document that an agent identity without a blueprint was made from. */
  readonly document?: { readonly url: string; readonly redirectUris: readonly string[] }
  /** The tenant of its application; absent for this tenant. */
  readonly appOwnerOrganizationId?: string
  /** By attribute set and attribute; only Conditional Access uses them. */
  customSecurityAttributes?: Attributes
  /** Only shown: they are no credential for tokens here. */
  readonly keyCredentials?: readonly object[]
  readonly passwordCredentials?: readonly object[]
  sponsors: string[]
  owners: string[]
}

/** Custom security attributes: by attribute set and attribute, its values. */
export type Attributes = Readonly<Record<string, Readonly<Record<string, readonly string[] | string>>>>

export interface User {
  readonly id: string
  displayName: string
  readonly userPrincipalName: string
  readonly mail: string
  /** Default: `true`. */
  accountEnabled?: boolean
  /** The agent identity whose own user account this is; absent for an ordinary user. */
  readonly identityParentId?: string
  readonly licenseDetails?: readonly { readonly id: string; readonly skuPartNumber: string }[]
  /** When Graph created the user; absent for users that exist from the emulator's start. */
  readonly createdDateTime?: string
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
  /** The user who consented; `null` when an administrator consented for all. */
  readonly principalId: string | null
  /** Object id of the resource's service principal. */
  readonly resourceId: string
  /** Scope values, separated by spaces. */
  scope: string
}

/** The assignment of an access package to a principal or user (https://learn.microsoft.com/entra/id-governance/entitlement-management-overview). */
export interface AccessPackageAssignment {
  readonly id: string
  readonly state: 'delivered' | 'expired'
  readonly target: { readonly objectId: string }
  readonly accessPackage: { readonly displayName: string }
}

/** A group with its members (principals, users, groups), or a directory role with those who have it for the whole tenant. */
export interface Group {
  readonly id: string
  readonly kind: 'group' | 'directoryRole'
  readonly displayName: string
  members: string[]
  readonly owners?: readonly string[]
}

/** Somebody may make themselves a member or an owner of a group (PIM for groups). */
export interface GroupEligibility {
  readonly id: string
  readonly principalId: string
  readonly groupId: string
  readonly accessId: 'member' | 'owner'
}

/** A directory role, made by Microsoft or by the tenant (`isBuiltIn: false`). */
export interface RoleDefinition {
  readonly id: string
  readonly displayName: string
  readonly isBuiltIn: boolean
  readonly rolePermissions: readonly { readonly allowedResourceActions: readonly string[] }[]
}

/** The assignment of a directory role to a principal, for the whole tenant (`/`) or for one object. */
export interface RoleAssignment {
  readonly id: string
  readonly principalId: string
  readonly roleDefinitionId: string
  readonly directoryScopeId: string
  readonly createdDateTime: string
}

export interface DirectoryContent {
  applications: Application[]
  servicePrincipals: ServicePrincipal[]
  users: User[]
  appRoleAssignments: AppRoleAssignment[]
  permissionGrants: PermissionGrant[]
  groups: Group[]
  roleDefinitions: RoleDefinition[]
  roleAssignments: RoleAssignment[]
  /** Roles that principals may activate (PIM). */
  roleEligibilities: RoleAssignment[]
  groupEligibilities: GroupEligibility[]
  accessPackageAssignments: AccessPackageAssignment[]
  conditionalAccessPolicies: ConditionalAccessPolicy[]
}

type PartialExcept<Whole, Needed extends keyof Whole> = Partial<Whole> & Pick<Whole, Needed>

export const seededAt = '2026-01-01T00:00:00Z'

/** An application with these properties, and Graph's defaults for the others. */
export function newApplication(given: PartialExcept<Application, 'appId' | 'displayName'>): Application {
  return {
    id: given.appId,
    kind: 'application',
    createdDateTime: seededAt,
    description: null,
    signInAudience: 'AzureADMyOrg',
    identifierUris: [],
    api: { requestedAccessTokenVersion: null, oauth2PermissionScopes: [], preAuthorizedApplications: [] },
    appRoles: [],
    optionalClaims: null,
    spa: { redirectUris: [] },
    web: { redirectUris: [] },
    publicClient: { redirectUris: [] },
    isFallbackPublicClient: null,
    groupMembershipClaims: null,
    requiredResourceAccess: [],
    certificates: [],
    serviceManagementReference: null,
    passwordCredentials: [],
    federatedIdentityCredentials: [],
    inheritablePermissions: [],
    managerApplications: [],
    sponsors: [],
    owners: [],
    ...given,
  }
}

/** A service principal with these properties, and Graph's defaults for the others. */
export function newServicePrincipal(
  given: PartialExcept<ServicePrincipal, 'id' | 'appId' | 'displayName'>,
): ServicePrincipal {
  return {
    kind: 'servicePrincipal',
    createdDateTime: seededAt,
    accountEnabled: true,
    appRoleAssignmentRequired: false,
    agentIdentityBlueprintId: null,
    sponsors: [],
    owners: [],
    ...given,
  }
}

/** A delegated permission that users may consent to themselves. */
export function newScope(id: string, value: string, userConsentDescription = value): PermissionScope {
  return { id, value, type: 'User', isEnabled: true, userConsentDescription }
}

/** An application permission. */
export function newRole(id: string, value: string): AppRole {
  const allowedMemberTypes: AppRole['allowedMemberTypes'] = ['Application']
  return { id, value, displayName: value, description: value, allowedMemberTypes, isEnabled: true }
}
