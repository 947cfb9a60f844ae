import { createHash } from 'node:crypto'
import * as wellKnown from '@entra-agents/trace/well-known'
import {
  type Application,
  type AppRole,
  newApplication,
  newRole,
  newScope,
  type OptionalClaim,
  type PermissionScope,
  type RoleDefinition,
} from './objects.ts'

// What Microsoft puts into every tenant.

/** A scope that the Azure CLI's tokens have. Graph refuses a request about agents if its token has this scope. */
export const directoryAccessAsUser = 'Directory.AccessAsUser.All'

/** What the set-up application may do at Graph. */
export const setUpRoles = [...new Set([...wellKnown.setUpPermissions, 'Policy.ReadWrite.ConditionalAccess'])]

/** What applications need that show or change users and groups. */
const directoryPermissions = [
  ...['User.ReadBasic.All', 'User.RevokeSessions.All', 'Group.Read.All', 'Group.ReadWrite.All'],
  ...['GroupMember.Read.All', 'GroupMember.ReadWrite.All'],
]

/** What those need who stop agents by policies and risks. */
const protectionPermissions = [
  ...['Policy.Read.All', 'Policy.Read.ConditionalAccess', 'Policy.ReadWrite.SecurityDefaults'],
  ...['IdentityRiskyAgent.Read.All', 'IdentityRiskyAgent.ReadWrite.All', 'IdentityRiskEvent.Read.All'],
  ...['IdentityRiskyUser.Read.All', 'IdentityRiskyUser.ReadWrite.All'],
  'CustomSecAttributeAssignment.ReadWrite.All',
]

const permissions = [...wellKnown.reviewPermissions, ...protectionPermissions, ...directoryPermissions]
export const graphAppRoles: AppRole[] = [...new Set([...setUpRoles, ...permissions])].map(value =>
  newRole(graphRoleId(value), value),
)

const userScopes = ['openid', 'profile', 'email', 'offline_access', 'User.Read', directoryAccessAsUser]
const scopes = new Set([...userScopes, ...wellKnown.setUpPermissions, ...permissions])
export const graphScopes: PermissionScope[] = [...scopes].map(value =>
  newScope(stableId(`scope ${value}`), value),
)

export function graphRoleId(value: string): string {
  return stableId(`role ${value}`)
}

/** A GUID derived from a text, so that it is the same at every start. */
export function stableId(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

export const graphPrincipalId = '00000003-0000-4000-8000-000000000001'

const additionalProperties = ['include_user_token']
export const idtypClaim: OptionalClaim = { name: 'idtyp', essential: false, additionalProperties }

/** Optional claims that say that an agent acts: always in Graph's tokens, in others only if the API's registration asks for them. */
export const agentClaims: readonly OptionalClaim[] = [
  ...['xms_act_fct', 'xms_sub_fct', 'xms_par_app_azp', 'xms_idrel', 'xms_tnt_fct'].map(name => {
    return { name, essential: false, additionalProperties: [] }
  }),
  idtypClaim,
]

export const microsoftApplications: readonly Application[] = [
  newApplication({
    appId: wellKnown.graphAppId,
    displayName: 'Microsoft Graph',
    identifierUris: [wellKnown.graphUri],
    api: {
      requestedAccessTokenVersion: 1,
      oauth2PermissionScopes: graphScopes,
      preAuthorizedApplications: [],
    },
    appRoles: graphAppRoles,
    optionalClaims: { accessToken: [...agentClaims], idToken: [] },
  }),
  newApplication({
    appId: wellKnown.tokenExchangeAudience,
    displayName: 'AAD Token Exchange',
    identifierUris: [wellKnown.tokenExchangeUri],
  }),
]

/** Directory roles whose holders may change agents and blueprints. */
export const roleDefinitions: readonly RoleDefinition[] = [
  'Agent ID Administrator',
  'AI Administrator',
  'Application Administrator',
  'Cloud Application Administrator',
  'Global Administrator',
].map(displayName => ({
  ...{ id: stableId(`role ${displayName}`), displayName },
  ...{ isBuiltIn: true, rolePermissions: [] },
}))
