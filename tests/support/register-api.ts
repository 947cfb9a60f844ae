import {
  newApplication,
  newRole,
  newScope,
  newServicePrincipal,
} from '../../emulators/entra/src/directory/objects.ts'
import { identities } from './identities.ts'
import type { Stack } from './stack.ts'

export interface RegisteredApi {
  readonly appId: string
  readonly displayName: string
  readonly role: string
  readonly scope: string
  /** Whether an administrator has consented to the agent's use of it on behalf of everybody. Default: true. */
  readonly isConsented?: boolean
}

/** An API in the tenant: its application, and what the agent identity may do there. */
export function registerApi(stack: Stack, api: RegisteredApi): void {
  const { appId, displayName, role, scope, isConsented = true } = api
  const id = (digits: string) => appId.slice(0, -digits.length) + digits
  const [principalId, roleId, scopeId] = [id('a1'), id('a2'), id('a3')]
  const { content } = stack.appOf('entra').entra.directory
  content.applications.push(
    newApplication({
      appId,
      displayName,
      identifierUris: [`api://${appId}`],
      api: {
        requestedAccessTokenVersion: 2,
        oauth2PermissionScopes: [newScope(scopeId, scope)],
        preAuthorizedApplications: [],
      },
      appRoles: [newRole(roleId, role)],
    }),
  )
  content.servicePrincipals.push(newServicePrincipal({ id: principalId, appId, displayName }))
  const { agentId } = identities
  content.appRoleAssignments.push({
    id: `${displayName} for the agent`,
    principalId: agentId,
    resourceId: principalId,
    appRoleId: roleId,
    createdDateTime: '2026-01-01T00:00:00Z',
  })
  if (!isConsented) return
  stack.appOf('entra').entra.directory.grant({
    clientId: agentId,
    consentType: 'AllPrincipals',
    principalId: null,
    resourceId: principalId,
    scope,
  })
}

/** The sidecar's entries for an API: `<entry>App` for the agent's own token, `<entry>` for a user's. */
export function sidecarEntries(entry: string, appId: string): Record<string, string> {
  const scope = `api://${appId}/.default`
  return {
    [`DownstreamApis__${entry}App__Scopes__0`]: scope,
    [`DownstreamApis__${entry}App__RequestAppToken`]: 'true',
    [`DownstreamApis__${entry}__Scopes__0`]: scope,
    [`DownstreamApis__${entry}__RequestAppToken`]: 'false',
  }
}
