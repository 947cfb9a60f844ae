import { graphAppId } from '@entra-bedrock-agent/identity-trace'
import { type Graph, type Json, readIfShown } from '../graph.ts'
import { quoteForFilter } from '../objects/tenant-object.ts'
import { type Branch, groupUnder } from './branch.ts'

/** Directory roles whose holders may change blueprints, agents and their rights. */
const changerRoles = [
  'Agent ID Administrator',
  'AI Administrator',
  'Application Administrator',
  'Cloud Application Administrator',
  'Global Administrator',
  'Privileged Role Administrator',
]

/** Permissions of Microsoft Graph by which an application may change blueprints, agents and their rights. */
const changerPermissions = [
  'AgentIdentity.Create.All',
  'AgentIdentity.EnableDisable.All',
  'AgentIdentity.ReadWrite.All',
  'AgentIdentityBlueprint.AddRemoveCreds.All',
  'AgentIdentityBlueprint.ReadWrite.All',
  'AgentIdentityBlueprint.UpdateAuthProperties.All',
  'AgentIdUser.ReadWrite.All',
  'AppRoleAssignment.ReadWrite.All',
  'Application.ReadWrite.All',
  'DelegatedPermissionGrant.ReadWrite.All',
  'Directory.ReadWrite.All',
  'RoleManagement.ReadWrite.Directory',
]

/**
 * Who may change the blueprint by a role or permission in the whole tenant. For information only: the set-up
 * neither gives nor takes these roles and permissions.
 */
export async function readChangers(graph: Graph): Promise<readonly Branch[]> {
  return [
    ...(await orUnread('holders of directory roles', () => readRoleHolders(graph))),
    ...(await orUnread('applications with permissions of Microsoft Graph', () => readApplications(graph))),
  ]
}

async function readRoleHolders(graph: Graph): Promise<readonly Branch[]> {
  const more = { mayBeForbidden: true }
  const path = '/roleManagement/directory'
  const known = await graph.listExisting(`${path}/roleDefinitions?$select=id,displayName`, more)
  const found: Branch[] = []
  for (const { id, displayName } of known.filter(one => changerRoles.includes(String(one['displayName'])))) {
    const filter = `$filter=roleDefinitionId eq '${quoteForFilter(String(id))}'&$expand=principal`
    const holders = await graph.listExisting(`${path}/roleAssignments?${filter}`, more)
    found.push(...groupUnder(`directory role ${displayName}`, holders.map(toHolder)))
  }
  return groupUnder('holders of directory roles', found)
}

function toHolder({ principalId, principal, directoryScopeId }: Json): Branch {
  const name = (principal as Json | undefined)?.['displayName'] ?? principalId
  return {
    title: directoryScopeId === '/' ? String(name) : `${name}, in ${directoryScopeId}`,
    id: String(principalId),
  }
}

async function readApplications(graph: Graph): Promise<readonly Branch[]> {
  const api = await graph.send({
    method: 'GET',
    path: `/servicePrincipals(appId='${graphAppId}')?$select=id,appRoles`,
    mayBeForbidden: true,
  })
  const names = new Map(
    ((api?.['appRoles'] ?? []) as readonly Json[]).map(({ id, value }) => [id, String(value)]),
  )
  const path = `/servicePrincipals/${api?.['id']}/appRoleAssignedTo`
  const assigned = await graph.listExisting(path, { mayBeForbidden: true })
  const held = assigned.flatMap(({ principalId, principalDisplayName, appRoleId }) => {
    const permission = names.get(appRoleId) ?? ''
    return changerPermissions.includes(permission)
      ? [{ id: String(principalId), principalDisplayName, permission }]
      : []
  })
  const holders = [...Map.groupBy(held, ({ id }) => id)].map(([id, all]) => ({
    title: `application "${all[0]?.principalDisplayName}"`,
    id,
    branches: all.map(({ permission }) => ({ title: permission })),
  }))
  return groupUnder('applications with permissions of Microsoft Graph', holders)
}

async function orUnread(title: string, read: () => Promise<readonly Branch[]>): Promise<readonly Branch[]> {
  return (await readIfShown(read)) ?? [{ title, mark: 'unread' }]
}
