import { strictObject } from '@entra-agents/emulator-kit'
import { type Static, type TSchema, Type } from 'typebox'
import { Guid, Name } from '../directory/objects.ts'

// What a seed file may say. Names of members are Microsoft Graph's, where Graph has the thing.

/** The names of entries. */
export const namePattern = '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'
const optional = Type.Optional
const id = optional(Guid)
const text = optional(Name)
const flag = optional(Type.Boolean())
const listOf = <Item extends TSchema>(item: Item) =>
  optional(Type.Array(item, { uniqueItems: true, maxItems: 500 }))
/** A value with a short form; `description` is what a fault says that it must be. */
const either = <Short extends TSchema, Long extends TSchema>(description: string, short: Short, long: Long) =>
  Type.Union([short, long], { description })

const Texts = optional(either('a text or a list of texts', Name, Type.Array(Name)))
const mail = optional(Type.String({ pattern: '^[^@\\s]+@[^@\\s]+$', maxLength: 200 }))
const RedirectUris = listOf(Type.String({ pattern: '^(?!javascript:|data:)[A-Za-z][A-Za-z0-9+.-]*:\\S+$' }))
const common = { id, displayName: text }

const type = optional(Type.Enum(['User', 'Admin'] as const))
const Scope = strictObject({ value: Name, id, description: text, type })
const allowedMemberTypes = optional(Type.Array(Type.Enum(['Application', 'User'] as const)))
const Role = strictObject({ value: Name, id, description: text, allowedMemberTypes })
const Claim = strictObject({ name: Name, essential: flag, additionalProperties: listOf(Name) })
const Claims = listOf(either('a name or {name, essential, additionalProperties}', Name, Claim))
const OptionalClaims = strictObject({ accessToken: Claims, idToken: Claims })
const Permission = Type.Union([strictObject({ scope: Name, user: text }), strictObject({ role: Name })])
const May = either('the name of a scope or app role, {scope, user} or {role}', Name, Permission)
/** By the name of the API: what somebody may do there. */
const Rights = optional(Type.Record(Type.String(), Type.Array(May, { uniqueItems: true })))

const registration = {
  ...common,
  principalId: id,
  identifierUris: listOf(Type.String({ pattern: '^[a-z]+://\\S+$' })),
  tokenVersion: optional(Type.Enum([1, 2] as const)),
  acceptMappedClaims: flag,
  scopes: listOf(either('a name or {value, id, description, type}', Name, Scope)),
  roles: listOf(either('a name or {value, id, description, allowedMemberTypes}', Name, Role)),
  optionalClaims: optional(
    either('"agent" or {accessToken, idToken}', Type.Literal('agent'), OptionalClaims),
  ),
  secret: Texts,
  certificate: Texts,
  federatedCredential: optional(strictObject({ issuer: Name, subject: Name, audience: text })),
}
const Registration = strictObject(registration)
const App = strictObject({
  ...registration,
  objectId: id,
  redirectUris: optional(strictObject({ spa: RedirectUris, web: RedirectUris, publicClient: RedirectUris })),
  isFallbackPublicClient: flag,
  signInAudience: optional(Type.Enum(['AzureADMyOrg', 'AzureADMultipleOrgs'] as const)),
  groupMembershipClaims: optional(Type.Enum(['SecurityGroup', 'All'] as const)),
  may: Rights,
})
const Blueprint = strictObject({
  ...registration,
  redirectUris: RedirectUris,
  sponsors: listOf(Name),
  agents: optional(Type.Unknown()),
})
const UserName = Type.String({ pattern: namePattern })
const AgentUser = strictObject({ name: UserName, ...common, mail })
const Agent = strictObject({
  ...common,
  sponsors: listOf(Name),
  may: Rights,
  user: optional(either('a name or {name, id, displayName, mail}', UserName, AgentUser)),
})
const roles = optional(Type.Record(Type.String(), Type.Array(Name, { uniqueItems: true })))
const User = strictObject({ ...common, mail, groups: listOf(Name), roles })

/** A policy demands a second factor for an authentication context, or has Graph's shape. */
const Policy = Type.Object({ ...common, context: text })

/** The shape of each entry, by what the faults call it. */
export const shapes = {
  user: User,
  group: strictObject(common),
  app: App,
  blueprint: Blueprint,
  agent: Agent,
  policy: Policy,
}
export type Kind = keyof typeof shapes
export type EntryOf<What extends Kind> = Static<(typeof shapes)[What]>
export type Claims = Static<typeof OptionalClaims>['idToken']
export type RegistrationEntry = Static<typeof Registration>
export type RightsEntry = NonNullable<EntryOf<'app'>['may']>

const TenantName = Type.String({ pattern: '^[A-Za-z0-9-]{1,63}$' })
const domain = optional(Type.String({ pattern: '^[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)+$', maxLength: 200 }))
const Tenant = strictObject({ name: TenantName, id, domain })
const entries = optional(Type.Unknown())
export const SeedFile = strictObject({
  tenant: either('a name of letters, digits and "-", or {name, id, domain}', TenantName, Tenant),
  extends: text,
  ...{ users: entries, groups: entries, apps: entries, blueprints: entries, policies: entries },
})
