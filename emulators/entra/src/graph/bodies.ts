import { type Static, Type } from 'typebox'
import { ApplicationChange, FederatedProperties, Guid, Name } from '../directory/objects.ts'

const exact = { additionalProperties: false } as const
const odataType = { '@odata.type': Type.Optional(Name) }
const Binds = Type.Optional(Type.Array(Type.String()))
const binds = { 'sponsors@odata.bind': Binds, 'owners@odata.bind': Binds }

export const Query = Type.Record(Type.String(), Type.String())
export type Query = Static<typeof Query>

export const ApplicationPatch = Type.Object({ ...odataType, ...ApplicationChange }, exact)
export const NewApplication = Type.Object(
  { ...odataType, ...ApplicationChange, ...binds, displayName: Name },
  exact,
)

export type NewApplication = Static<typeof NewApplication>

/** The body of a request to `$ref`: the URL of an object. */
export const Reference = Type.Object({ '@odata.id': Type.String({ format: 'uri' }) }, exact)

export const NewServicePrincipal = Type.Object({ ...odataType, appId: Guid }, exact)
/** `accountEnabled: false` is how a principal is kept from getting tokens. */
export const ServicePrincipalPatch = Type.Object(
  { displayName: Type.Optional(Name), accountEnabled: Type.Optional(Type.Boolean()) },
  exact,
)
export const NewAgentIdentity = Type.Object(
  { ...odataType, displayName: Name, agentIdentityBlueprintId: Guid, ...binds },
  exact,
)
/** The local part of a user's name, in the characters that Graph takes. */
const Nickname = Type.String({ pattern: "^[A-Za-z0-9'._!#^~-]{1,64}$" })
export const NewAgentUser = Type.Object(
  {
    ...odataType,
    accountEnabled: Type.Boolean(),
    displayName: Name,
    mailNickname: Nickname,
    userPrincipalName: Type.String({ pattern: "^[A-Za-z0-9'._!#^~-]{1,64}@[A-Za-z0-9.-]+$" }),
    identityParentId: Guid,
  },
  exact,
)
export const UserPatch = Type.Object(
  { accountEnabled: Type.Optional(Type.Boolean()), displayName: Type.Optional(Name) },
  exact,
)
const DateTime = Type.Optional(Type.String({ format: 'date-time' }))
const PasswordCredential = Type.Object(
  {
    displayName: Type.Optional(Type.Union([Name, Type.Null()])),
    startDateTime: DateTime,
    endDateTime: DateTime,
  },
  exact,
)
export const NewPassword = Type.Object({ passwordCredential: Type.Optional(PasswordCredential) }, exact)

export const RemovedPassword = Type.Object({ keyId: Guid }, exact)

const CredentialName = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9_-]{2,119}$' })
export const NewFederatedCredential = Type.Object(
  { name: CredentialName, ...FederatedProperties.properties },
  exact,
)
export const FederatedCredentialPatch = Type.Object(
  { name: Type.Optional(CredentialName), ...Type.Partial(FederatedProperties).properties },
  exact,
)

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
    scope: Type.String(),
    startTime: Type.Optional(Type.String()),
    expiryTime: Type.Optional(Type.String()),
  },
  exact,
)
export const PermissionGrantPatch = Type.Object({ scope: Type.String() }, exact)
