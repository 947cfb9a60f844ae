import { Type } from 'typebox'

const Guid = Type.String({ pattern: '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$' })
const Name = Type.String({ minLength: 1, maxLength: 256 })
const Text = Type.String({ maxLength: 1_024 })
const Url = Type.String({ minLength: 1, maxLength: 1_024, format: 'uri' })
const exact = { additionalProperties: false } as const
const Unkept = Type.Optional(Type.Unknown())

const Scope = Type.Object(
  {
    id: Guid,
    value: Name,
    type: Type.Enum(['User', 'Admin'] as const, { default: 'User' }),
    isEnabled: Type.Boolean({ default: true }),
    adminConsentDisplayName: Type.Optional(Text),
    adminConsentDescription: Type.Optional(Text),
    userConsentDisplayName: Type.Optional(Text),
    userConsentDescription: Type.Optional(Text),
  },
  exact,
)

const Role = Type.Object(
  {
    id: Guid,
    value: Name,
    displayName: Name,
    description: Text,
    allowedMemberTypes: Type.Array(Type.Enum(['Application', 'User'] as const), { minItems: 1, maxItems: 2 }),
    isEnabled: Type.Boolean({ default: true }),
  },
  exact,
)

const OptionalClaim = Type.Object(
  {
    name: Name,
    essential: Type.Optional(Type.Boolean()),
    additionalProperties: Type.Optional(Type.Array(Name, { maxItems: 10 })),
    source: Type.Optional(Type.Null()),
  },
  exact,
)
const OptionalClaimList = Type.Optional(Type.Array(OptionalClaim, { maxItems: 50 }))

const applicationProperties = {
  displayName: Type.Optional(Name),
  description: Type.Optional(Type.Union([Text, Type.Null()])),
  signInAudience: Type.Optional(Type.Enum(['AzureADMyOrg'] as const)),
  identifierUris: Type.Optional(Type.Array(Url, { maxItems: 50 })),
  api: Type.Optional(
    Type.Object(
      {
        requestedAccessTokenVersion: Type.Optional(
          Type.Union([Type.Literal(1), Type.Literal(2), Type.Null()]),
        ),
        oauth2PermissionScopes: Type.Optional(Type.Array(Scope, { maxItems: 100 })),
        preAuthorizedApplications: Type.Optional(
          Type.Array(
            Type.Object({ appId: Guid, delegatedPermissionIds: Type.Array(Guid, { maxItems: 100 }) }, exact),
            { maxItems: 100 },
          ),
        ),
      },
      exact,
    ),
  ),
  appRoles: Type.Optional(Type.Array(Role, { maxItems: 100 })),
  optionalClaims: Type.Optional(
    Type.Union([
      Type.Object({ accessToken: OptionalClaimList, idToken: OptionalClaimList }, exact),
      Type.Null(),
    ]),
  ),
  spa: Type.Optional(Type.Object({ redirectUris: Type.Array(Url, { maxItems: 50 }) }, exact)),
  requiredResourceAccess: Type.Optional(
    Type.Array(
      Type.Object(
        {
          resourceAppId: Guid,
          resourceAccess: Type.Array(
            Type.Object({ id: Guid, type: Type.Enum(['Scope', 'Role'] as const) }, exact),
            { maxItems: 100 },
          ),
        },
        exact,
      ),
      { maxItems: 50 },
    ),
  ),
  // Graph knows these, but nothing here depends on them; the routes refuse them in words.
  web: Unkept,
  publicClient: Unkept,
  isFallbackPublicClient: Unkept,
}

const Binds = Type.Optional(Type.Array(Type.String({ maxLength: 1_024 }), { maxItems: 100 }))
const binds = { 'sponsors@odata.bind': Binds, 'owners@odata.bind': Binds }
const odataType = { '@odata.type': Type.Optional(Name) }

export const ApplicationPatch = Type.Object({ ...odataType, ...applicationProperties }, exact)
export const NewApplication = Type.Object(
  { ...odataType, ...applicationProperties, ...binds, displayName: Name },
  exact,
)

export const NewServicePrincipal = Type.Object({ ...odataType, appId: Guid }, exact)
export const NewAgentIdentity = Type.Object(
  { ...odataType, displayName: Name, agentIdentityBlueprintId: Guid, ...binds },
  exact,
)
export const ServicePrincipalPatch = Type.Object({
  displayName: Type.Optional(Name),
  accountEnabled: Type.Optional(Type.Boolean()),
  appRoleAssignmentRequired: Type.Optional(Type.Boolean()),
})

export const NewPassword = Type.Object(
  {
    passwordCredential: Type.Optional(
      Type.Object(
        {
          displayName: Type.Optional(Type.Union([Name, Type.Null()])),
          startDateTime: Type.Optional(Type.String({ format: 'date-time' })),
          endDateTime: Type.Optional(Type.String({ format: 'date-time' })),
        },
        exact,
      ),
    ),
  },
  exact,
)
export const GonePassword = Type.Object({ keyId: Guid }, exact)

const federatedCredential = {
  issuer: Type.String({ minLength: 1, maxLength: 600 }),
  subject: Type.String({ minLength: 1, maxLength: 600 }),
  audiences: Type.Array(Type.String({ minLength: 1, maxLength: 600 }), { minItems: 1, maxItems: 1 }),
  description: Type.Optional(Type.Union([Text, Type.Null()])),
}
export const NewFederatedCredential = Type.Object(
  { name: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9_-]{2,119}$' }), ...federatedCredential },
  exact,
)
export const FederatedCredentialPatch = Type.Partial(Type.Object(federatedCredential, exact))

export const NewAppRoleAssignment = Type.Object(
  { principalId: Guid, resourceId: Guid, appRoleId: Guid },
  exact,
)
export const NewPermissionGrant = Type.Object(
  {
    clientId: Guid,
    consentType: Type.Enum(['AllPrincipals', 'Principal'] as const),
    principalId: Type.Optional(Type.Union([Guid, Type.Null()])),
    resourceId: Guid,
    scope: Text,
    startTime: Type.Optional(Type.String()),
    expiryTime: Type.Optional(Type.String()),
  },
  exact,
)
export const PermissionGrantPatch = Type.Object({ scope: Text }, exact)

export const NewInheritablePermission = Type.Object(
  {
    resourceAppId: Guid,
    inheritableScopes: Type.Optional(Type.Object({ kind: Type.Literal('allAllowed') })),
    inheritableRoles: Type.Optional(Type.Object({ kind: Type.Literal('allAllowed') })),
  },
  exact,
)
