import type { Application, AppRole, PermissionScope, ServicePrincipal } from './types.ts'

type Given<Whole, Needed extends keyof Whole> = Partial<Whole> & Pick<Whole, Needed>

/** An application with what is given, and Graph's defaults for the rest. */
export function newApplication(given: Given<Application, 'id' | 'appId' | 'displayName'>): Application {
  return {
    kind: 'application',
    createdDateTime: '2026-01-01T00:00:00Z',
    description: null,
    signInAudience: 'AzureADMyOrg',
    identifierUris: [],
    api: { requestedAccessTokenVersion: null, oauth2PermissionScopes: [], preAuthorizedApplications: [] },
    appRoles: [],
    optionalClaims: null,
    spa: { redirectUris: [] },
    requiredResourceAccess: [],
    passwordCredentials: [],
    keyCredentials: [],
    federatedIdentityCredentials: [],
    inheritablePermissions: [],
    sponsors: [],
    owners: [],
    ...given,
  }
}

/** A service principal with what is given, and Graph's defaults for the rest. */
export function newServicePrincipal(
  given: Given<ServicePrincipal, 'id' | 'appId' | 'displayName'>,
): ServicePrincipal {
  return {
    kind: 'servicePrincipal',
    createdDateTime: '2026-01-01T00:00:00Z',
    accountEnabled: true,
    appRoleAssignmentRequired: false,
    agentIdentityBlueprintId: null,
    sponsors: [],
    ...given,
  }
}

/** A delegated permission that people may consent to themselves. */
export function newScope(id: string, value: string, description: string): PermissionScope {
  return {
    id,
    value,
    type: 'User',
    isEnabled: true,
    adminConsentDisplayName: description,
    adminConsentDescription: description,
    userConsentDisplayName: description,
    userConsentDescription: description,
  }
}

/** An application permission. */
export function newRole(id: string, value: string, displayName: string): AppRole {
  return {
    id,
    value,
    displayName,
    description: displayName,
    allowedMemberTypes: ['Application'],
    isEnabled: true,
  }
}
