import { createHash } from 'node:crypto'
import { type AppRole, newRole, newScope, type PermissionScope } from './objects.ts'

/** What a set-up script needs of Microsoft Graph (https://learn.microsoft.com/entra/agent-id). */
export const setupPermissions = [
  'AgentIdentityBlueprint.Create',
  'AgentIdentityBlueprint.Read.All',
  'AgentIdentityBlueprint.AddRemoveCreds.All',
  'AgentIdentityBlueprint.UpdateAuthProperties.All',
  'AgentIdentityBlueprint.DeleteRestore.All',
  'AgentIdentityBlueprint.ReadWrite.All',
  'AgentIdentityBlueprintPrincipal.Create',
  'AgentIdentity.Create.All',
  'AgentIdentity.Read.All',
  'AgentIdentity.EnableDisable.All',
  'AgentIdentity.DeleteRestore.All',
  'AgentIdentity.ReadWrite.All',
  'Application.ReadWrite.All',
  'AppRoleAssignment.ReadWrite.All',
  'DelegatedPermissionGrant.ReadWrite.All',
  'User.ReadBasic.All',
] as const

/** Every blueprint holds this one of itself, without an assignment. */
export const createAsManager = 'AgentIdentity.CreateAsManager'

/** The az command line's tokens carry this scope, with which Graph refuses everything about agents. */
export const directoryAccessAsUser = 'Directory.AccessAsUser.All'

export const graphAppRoles: AppRole[] = [...setupPermissions, createAsManager].map(value =>
  newRole(graphRoleId(value), value),
)

const userScopes = ['openid', 'profile', 'email', 'offline_access', 'User.Read', directoryAccessAsUser]
export const graphScopes: PermissionScope[] = [...userScopes, ...setupPermissions].map(value =>
  newScope(stableId(`scope ${value}`), value),
)

export function graphRoleId(value: string): string {
  return stableId(`role ${value}`)
}

function stableId(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
