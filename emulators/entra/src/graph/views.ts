import type { Application, InheritablePermission, ServicePrincipal } from '../directory/types.ts'

/** An application as Graph shows it: no secret text, credentials without their keys. */
export function showApplication(application: Application) {
  const { kind, passwordCredentials, keyCredentials, federatedIdentityCredentials, ...shown } = application
  const { inheritablePermissions, sponsors, owners, ...properties } = shown
  return {
    ...(kind === 'agentIdentityBlueprint'
      ? { '@odata.type': '#microsoft.graph.agentIdentityBlueprint' }
      : {}),
    ...properties,
    publisherDomain: 'contoso.example',
    passwordCredentials: passwordCredentials.map(({ secretText, ...credential }) => ({
      ...credential,
      hint: secretText.slice(0, 3),
      secretText: null,
    })),
    keyCredentials: keyCredentials.map(({ keyId, displayName }) => ({
      keyId,
      displayName,
      type: 'AsymmetricX509Cert',
      usage: 'Verify',
    })),
  }
}

/** A principal as Graph shows it. An agent identity has no `appId` there. */
export function showServicePrincipal(principal: ServicePrincipal, application: Application | undefined) {
  const { kind, sponsors, agentIdentityBlueprintId, ...properties } = principal
  if (kind === 'agentIdentity')
    return {
      '@odata.type': '#microsoft.graph.agentIdentity',
      ...properties,
      appId: null,
      agentIdentityBlueprintId,
      createdByAppId: agentIdentityBlueprintId,
      servicePrincipalType: 'ServiceIdentity',
    }
  return {
    ...(kind === 'agentIdentityBlueprintPrincipal'
      ? { '@odata.type': '#microsoft.graph.agentIdentityBlueprintPrincipal' }
      : {}),
    ...properties,
    servicePrincipalType: 'Application',
    servicePrincipalNames: [principal.appId, ...(application?.identifierUris ?? [])],
    appRoles: application?.appRoles ?? [],
    oauth2PermissionScopes: application?.api.oauth2PermissionScopes ?? [],
  }
}

export function showInheritablePermission(permission: InheritablePermission) {
  const { resourceAppId, inheritsAllRoles, inheritsAllScopes } = permission
  return {
    resourceAppId,
    inheritableScopes: inheritsAllScopes
      ? { '@odata.type': '#microsoft.graph.allAllowedScopes', kind: 'allAllowed' }
      : null,
    inheritableRoles: inheritsAllRoles
      ? { '@odata.type': '#microsoft.graph.allAllowedRoles', kind: 'allAllowed' }
      : null,
  }
}
