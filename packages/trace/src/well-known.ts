/**
 * Microsoft's applications, whose ids are the same in every tenant. The token exchange is Entra's application
 * AzureADTokenExchange: T1 is requested for its URI and has its id as the audience.
 */
export const tokenExchangeAudience = 'fb60f99c-7a34-4190-8149-302f77469936'
export const tokenExchangeUri = 'api://AzureADTokenExchange'
export const graphAppId = '00000003-0000-0000-c000-000000000000'
export const graphUri = 'https://graph.microsoft.com'

/** The permissions of Microsoft Graph that setting up an agent needs (https://learn.microsoft.com/entra/agent-id). */
export const setUpPermissions: readonly string[] = [
  'AgentIdentityBlueprint.Create',
  'AgentIdentityBlueprint.Read.All',
  'AgentIdentityBlueprint.UpdateAuthProperties.All',
  'AgentIdentityBlueprint.AddRemoveCreds.All',
  'AgentIdentityBlueprint.DeleteRestore.All',
  'AgentIdentityBlueprint.ReadWrite.All',
  'AgentIdentityBlueprintPrincipal.Create',
  'AgentIdentityBlueprintPrincipal.EnableDisable.All',
  'AgentIdentity.Create.All',
  'AgentIdentity.Read.All',
  'AgentIdentity.EnableDisable.All',
  'AgentIdentity.DeleteRestore.All',
  'AgentIdentity.ReadWrite.All',
  'AgentIdUser.ReadWrite.All',
  'Application.ReadWrite.All',
  'AppRoleAssignment.ReadWrite.All',
  'DelegatedPermissionGrant.ReadWrite.All',
  'RoleManagement.Read.Directory',
  'User.ReadBasic.All',
]

/** The further permissions that reviewing an agent's rights needs. */
export const reviewPermissions: readonly string[] = [
  'EntitlementManagement.Read.All',
  'AuditLog.Read.All',
  'GroupMember.Read.All',
  'PrivilegedEligibilitySchedule.Read.AzureADGroup',
]
