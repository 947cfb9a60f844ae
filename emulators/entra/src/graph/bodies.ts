import { strictObject } from '@entra-agents/emulator-kit'
import { type Static, Type } from 'typebox'
import { ApplicationChange, FederatedProperties, Guid, Name } from '../directory/objects.ts'

const UserUrls = Type.Optional(Type.Array(Type.String()))
const boundUsers = { 'sponsors@odata.bind': UserUrls, 'owners@odata.bind': UserUrls }

export const Query = Type.Record(Type.String(), Type.String())
export type Query = Static<typeof Query>

/** A certificate whose key may sign client assertions; one that the application has already may be named by `keyId` alone. */
const KeyCredential = strictObject({
  type: Type.Literal('AsymmetricX509Cert'),
  usage: Type.Literal('Verify'),
  /** The certificate in DER, as base64. */
  key: Type.Optional(Type.Union([Type.String({ maxLength: 20_000 }), Type.Null()])),
  keyId: Type.Optional(Guid),
  displayName: Type.Optional(Type.Union([Name, Type.Null()])),
  customKeyIdentifier: Type.Optional(Type.Union([Name, Type.Null()])),
  startDateTime: Type.Optional(Type.Union([Name, Type.Null()])),
  endDateTime: Type.Optional(Type.Union([Name, Type.Null()])),
})
export type KeyCredential = Static<typeof KeyCredential>

export const ApplicationPatch = strictObject({
  ...ApplicationChange,
  keyCredentials: Type.Optional(Type.Array(KeyCredential, { maxItems: 20 })),
})
export const NewApplication = strictObject({ ...ApplicationChange, ...boundUsers, displayName: Name })

export type NewApplication = Static<typeof NewApplication>

/** The body of a request to `$ref`: the URL of an object. */
export const Reference = strictObject({ '@odata.id': Type.String({ format: 'uri' }) })

export const NewGroup = strictObject({
  displayName: Name,
  description: Type.Optional(Type.Union([Name, Type.Null()])),
  mailEnabled: Type.Literal(false),
  mailNickname: Name,
  securityEnabled: Type.Literal(true),
})

const BatchRequest = strictObject({
  id: Name,
  method: Type.Enum(['GET', 'POST', 'PATCH', 'DELETE'] as const),
  url: Type.String({ minLength: 1, maxLength: 4_000 }),
  headers: Type.Optional(Type.Record(Type.String(), Type.String())),
  body: Type.Optional(Type.Unknown()),
  dependsOn: Type.Optional(Type.Array(Name)),
})
/** Several requests in one (https://learn.microsoft.com/graph/json-batching). */
export const Batch = strictObject({ requests: Type.Array(BatchRequest, { minItems: 1, maxItems: 20 }) })

export const NewServicePrincipal = strictObject({ appId: Guid })
/** Of a principal or a user; `accountEnabled: false` keeps it from getting tokens. */
export const AccountPatch = strictObject({
  displayName: Type.Optional(Name),
  accountEnabled: Type.Optional(Type.Boolean()),
})
export const PrincipalPatch = strictObject({
  ...AccountPatch.properties,
  customSecurityAttributes: Type.Optional(
    Type.Record(Name, Type.Record(Name, Type.Union([Type.String(), Type.Array(Type.String())]))),
  ),
})
export const NewAgentIdentity = strictObject({
  displayName: Name,
  agentIdentityBlueprintId: Guid,
  ...boundUsers,
})
/** The local part of a user's name, in the characters that Graph accepts. */
const Nickname = Type.String({ pattern: "^[A-Za-z0-9'._!#^~-]{1,64}$" })
export const NewAgentUser = strictObject({
  accountEnabled: Type.Boolean(),
  displayName: Name,
  mailNickname: Nickname,
  userPrincipalName: Type.String({ pattern: "^[A-Za-z0-9'._!#^~-]{1,64}@[A-Za-z0-9.-]+$" }),
  identityParentId: Guid,
})
const DateTime = Type.Optional(Type.String({ format: 'date-time' }))
const PasswordCredential = strictObject({
  displayName: Type.Optional(Type.Union([Name, Type.Null()])),
  startDateTime: DateTime,
  endDateTime: DateTime,
})
export const NewPassword = strictObject({ passwordCredential: Type.Optional(PasswordCredential) })

export const PasswordRemoval = strictObject({ keyId: Guid })

const CredentialName = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9_-]{2,119}$' })
export const NewFederatedCredential = strictObject({
  name: CredentialName,
  ...FederatedProperties.properties,
})
export const FederatedCredentialPatch = strictObject(Type.Partial(NewFederatedCredential).properties)

export const NewAppRoleAssignment = strictObject({ principalId: Guid, resourceId: Guid, appRoleId: Guid })
export const NewPermissionGrant = strictObject({
  clientId: Guid,
  consentType: Type.Enum(['AllPrincipals', 'Principal'] as const),
  principalId: Type.Optional(Type.Union([Guid, Type.Null()])),
  resourceId: Guid,
  scope: Type.String(),
  startTime: Type.Optional(Type.String()),
  expiryTime: Type.Optional(Type.String()),
})
export const PermissionGrantPatch = strictObject({ scope: Type.String() })
