import type { Json } from '../graph.ts'

/** Built-in directory roles whose holders may change blueprints, agents and their rights, or become somebody who may. */
// biome-ignore format: table
const changerRoles = [
  'Agent ID Administrator', 'AI Administrator', 'Application Administrator', 'Authentication Administrator', 'Cloud Application Administrator',
  'Conditional Access Administrator', 'Directory Writers', 'Domain Name Administrator', 'Global Administrator', 'Groups Administrator',
  'Helpdesk Administrator', 'Hybrid Identity Administrator', 'Identity Governance Administrator', 'Lifecycle Workflows Administrator',
  'Partner Tier1 Support', 'Partner Tier2 Support', 'Password Administrator', 'Privileged Authentication Administrator',
  'Privileged Role Administrator', 'Security Administrator', 'User Administrator',
]
/** Actions by which a custom role permits that: on these kinds of objects all but reading, and making new applications. */
const changerAction =
  /^microsoft\.directory\/(?!.*(read|createAsOwner)$|(applications|servicePrincipals)\/create$)(applications|servicePrincipals|agent\w*|oAuth2PermissionGrants|permissionGrantPolicies|roleAssignments|conditionalAccessPolicies|entitlementManagement|administrativeUnits|groups[\w.]*\/(members|owners|allProperties)|users\/(password|authenticationMethods))\b/i

/** Permissions of Microsoft Graph by which an application may do so, by what they permit. */
// biome-ignore format: table
const changerPermissions: Readonly<Record<string, readonly string[]>> = {
  'may give the blueprint credentials, owners, clients': ['AgentIdentityBlueprint.AddRemoveCreds.All', 'AgentIdentityBlueprint.ReadWrite.All', 'AgentIdentityBlueprint.UpdateAuthProperties.All', 'Application.ReadWrite.All'],
  'may make agents, change them or switch them on': ['AgentIdentity.Create.All', 'AgentIdentity.CreateAsManager', 'AgentIdentity.DeleteRestore.All', 'AgentIdentity.EnableDisable.All', 'AgentIdentity.ReadWrite.All', 'AgentIdentityBlueprint.DeleteRestore.All', 'AgentIdentityBlueprintPrincipal.DeleteRestore.All', 'AgentIdentityBlueprintPrincipal.EnableDisable.All', 'AgentIdentityBlueprintPrincipal.ReadWrite.All'],
  'may make or change user accounts of agents': ['AgentIdUser.ReadWrite.All', 'AgentIdUser.ReadWrite.IdentityParentedBy', 'User.EnableDisableAccount.All', 'User.ReadWrite.All'],
  'may give agents rights at APIs': ['AppRoleAssignment.ReadWrite.All', 'DelegatedPermissionGrant.ReadWrite.All', 'Policy.ReadWrite.PermissionGrant'],
  'may give directory roles': ['PrivilegedAccess.ReadWrite.AzureAD', 'RoleAssignmentSchedule.ReadWrite.Directory', 'RoleEligibilitySchedule.ReadWrite.Directory', 'RoleManagement.ReadWrite.Directory', 'RoleManagementPolicy.ReadWrite.Directory'],
  'may bring agents or users into groups': ['AdministrativeUnit.ReadWrite.All', 'Directory.ReadWrite.All', 'Group.ReadWrite.All', 'GroupMember.ReadWrite.All', 'PrivilegedAccess.ReadWrite.AzureADGroup', 'PrivilegedAssignmentSchedule.ReadWrite.AzureADGroup', 'PrivilegedEligibilitySchedule.ReadWrite.AzureADGroup', 'RoleManagementPolicy.ReadWrite.AzureADGroup', 'Synchronization.ReadWrite.All'],
  'may give access packages': ['EntitlementManagement.ReadWrite.All', 'LifecycleWorkflows.ReadWrite.All'],
  'may become a user who administers the tenant': ['Directory.AccessAsUser.All', 'Domain-InternalFederation.ReadWrite.All', 'Domain.ReadWrite.All', 'Organization.ReadWrite.All', 'PublicKeyInfrastructure.ReadWrite.All', 'User-PasswordProfile.ReadWrite.All', 'UserAuthenticationMethod.ReadWrite.All', 'UserAuthMethod-Email.ReadWrite.All', 'UserAuthMethod-Passkey.ReadWrite.All', 'UserAuthMethod-Password.ReadWrite.All', 'UserAuthMethod-Phone.ReadWrite.All', 'UserAuthMethod-TAP.ReadWrite.All'],
  'may lift what conditional access demands': ['AuthenticationContext.ReadWrite.All', 'CustomSecAttributeAssignment.ReadWrite.All', 'IdentityRiskyAgent.ReadWrite.All', 'IdentityRiskyUser.ReadWrite.All', 'Policy.ReadWrite.AuthenticationMethod', 'Policy.ReadWrite.Authorization', 'Policy.ReadWrite.ConditionalAccess', 'Policy.ReadWrite.CrossTenantAccess', 'Policy.ReadWrite.SecurityDefaults'],
  'may change what tokens contain': ['CustomAuthenticationExtension.ReadWrite.All', 'EventListener.ReadWrite.All', 'Policy.ReadWrite.ApplicationConfiguration'],
}
/** What each of these permissions permits. */
export const permits: ReadonlyMap<string, string> = new Map(
  Object.entries(changerPermissions).flatMap(([reason, names]) => names.map(name => [name, reason] as const)),
)

/** Tenants of Microsoft, to which its own clients belong. */
export const microsoftTenants = [
  'f8cdef31-a31e-4b4a-93e4-5f571e91255a',
  '72f988bf-86f1-41af-91ab-2d7cd011db47',
]

/** Whether its holders may change blueprints, agents and their rights. */
export function isChangerRole({ displayName, isBuiltIn, rolePermissions }: Json): boolean {
  if (isBuiltIn !== false) return changerRoles.includes(String(displayName))
  const permissions = (rolePermissions ?? []) as readonly { readonly allowedResourceActions?: string[] }[]
  return permissions.some(one => one.allowedResourceActions?.some(action => changerAction.test(action)))
}
