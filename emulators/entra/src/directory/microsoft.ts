import { graphAppRoles, graphScopes, stableId } from './graph-permissions.ts'
import { type Application, newApplication, type OptionalClaim, type RoleDefinition } from './objects.ts'
import { wellKnown } from './well-known.ts'

// What Microsoft puts into every tenant.

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
