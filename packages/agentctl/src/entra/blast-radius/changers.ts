import { graphAppId } from '@entra-agents/trace'
import { type Json, readIfShown } from '../graph.ts'
import type { Run } from '../run.ts'
import { type Branch, groupUnder } from './branch.ts'

const groupEligibilities = '/identityGovernance/privilegedAccess/group/eligibilityScheduleInstances'

/**
 * Who may change the blueprint by a role or permission in the whole tenant. Administrators and the tenant's own applications are
 * there for information: the set-up neither gives nor takes these. Marked are holders of custom roles, or of a role for one of the
 * set-up's objects, clients with delegated permissions other than Microsoft's, and applications of other tenants.
 *
 * @param own ids of the set-up's objects; what these hold is told elsewhere
 * @param accepted ids of those who are not marked; if absent, nobody is
 */
export async function readChangers(
  { graph, tenantId }: Run,
  own: ReadonlySet<string>,
  accepted: readonly string[] | undefined,
): Promise<readonly Branch[]> {
  const list = (path: string) => graph.listExisting(path, { mayBeForbidden: true })
  // Graph v1.0 leaves applications out of lists of members.
  const listBeta = (path: string) => graph.listExisting(path, { mayBeForbidden: true, version: 'beta' })

  /** @param isUnusual whether a holder is marked even if it is of this tenant */
  const toBranch = (holder: Json, words = '', isUnusual = false): Branch => {
    const { displayName, id, appOwnerOrganizationId: tenant } = holder
    const isForeign = Boolean(tenant) && ![tenantId, ...microsoftTenants].includes(String(tenant))
    const origin = isForeign ? `, an application of another tenant (${tenant})` : ''
    const isSurplus = (isUnusual || isForeign) && accepted?.includes(String(id)) === false
    return {
      ...{ title: `${displayName ?? id}${origin}${words}`, id: String(id) },
      ...(isSurplus ? { mark: 'surplus' } : {}),
    }
  }
  const readGroup = async (id: unknown) => ({
    branches: await askEach({
      'its members': async () =>
        (await listBeta(`/groups/${id}/transitiveMembers`)).map(one => toBranch(one)),
      'its owners': async () => (await listBeta(`/groups/${id}/owners`)).map(one => toBranch(one)),
      'who may join it (PIM)': async () => {
        const eligible = await list(`${groupEligibilities}?$filter=groupId eq '${id}'&$expand=principal`)
        return eligible.map(one => toBranch(holderOf(one), `, as ${one['accessId']}`))
      },
    }),
  })
  const readHolders = async (kind: string) => {
    const roles = (await list('/roleManagement/directory/roleDefinitions')).filter(isChangerRole)
    const all = await list(`/roleManagement/directory/${kind}?$expand=principal`)
    const branches = roles.map(async ({ id, displayName, isBuiltIn }) => {
      const held = all.filter(one => one['roleDefinitionId'] === id && !own.has(String(one['principalId'])))
      const holders = held.map(async one => {
        const [holder, scope] = [holderOf(one), String(one['directoryScopeId'])]
        const isUnusual = isBuiltIn === false || own.has(scope.slice(1))
        const isGroup = holder['@odata.type'] === '#microsoft.graph.group'
        const branch = toBranch(holder, scope === '/' ? '' : `, in ${scope}`, isUnusual)
        return isGroup ? { ...branch, ...(await readGroup(holder['id'])) } : branch
      })
      const title = `directory role ${displayName}${isBuiltIn === false ? ' (custom)' : ''}`
      return groupUnder(title, await Promise.all(holders))
    })
    return (await Promise.all(branches)).flat()
  }
  const readClients = async (isDelegated: boolean) => {
    const path = `/servicePrincipals(appId='${graphAppId}')?$select=id,appRoles`
    const api = await graph.send({ method: 'GET', path, mayBeForbidden: true })
    const roles = new Map(((api?.['appRoles'] ?? []) as Json[]).map(({ id, value }) => [id, value]))
    const rights = isDelegated
      ? (await list(`/oauth2PermissionGrants?$filter=resourceId eq '${api?.['id']}'`)).flatMap(one =>
          String(one['scope'])
            .split(' ')
            .map(name => ({ id: one['clientId'], name, of: one['principalId'] ? ' of one user' : '' })),
        )
      : (await list(`/servicePrincipals/${api?.['id']}/appRoleAssignedTo`)).map(one => ({
          ...{ id: one['principalId'], name: String(roles.get(one['appRoleId'])), of: '' },
        }))
    const held = rights.filter(({ id, name }) => permits.has(name) && !own.has(String(id)))
    const clients = [...Map.groupBy(held, ({ id }) => id)].map(async ([id, all]) => {
      const client: Json = { id, ...(await graph.read(`/servicePrincipals/${id}`, { mayBeForbidden: true })) }
      const isMicrosofts = microsoftTenants.includes(String(client['appOwnerOrganizationId']))
      const named = { ...client, displayName: `application "${client['displayName'] ?? id}"` }
      const branches = all.map(({ name, of }) => ({ title: `${name}${of}: ${permits.get(name)}` }))
      return { ...toBranch(named, '', isDelegated && !isMicrosofts), branches }
    })
    return Promise.all(clients)
  }
  return askEach({
    'holders of directory roles': () => readHolders('roleAssignments'),
    'who may activate directory roles (PIM)': () => readHolders('roleEligibilityScheduleInstances'),
    'applications with permissions of Microsoft Graph': () => readClients(false),
    'clients with delegated permissions of Microsoft Graph': () => readClients(true),
  })
}

/** The answers to questions by their titles; what Graph does not show is marked so. */
async function askEach(questions: Readonly<Record<string, () => Promise<readonly Branch[]>>>) {
  const answers = Object.entries(questions).map(async ([title, ask]): Promise<readonly Branch[]> => {
    const branches = await readIfShown(ask)
    return branches ? groupUnder(title, branches) : [{ title, mark: 'unread' }]
  })
  return (await Promise.all(answers)).flat()
}

/** Who has something, with the id at least. */
function holderOf({ principal, principalId }: Json): Json {
  return { ...(principal as Json | undefined), id: principalId }
}

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
const microsoftTenants = ['f8cdef31-a31e-4b4a-93e4-5f571e91255a', '72f988bf-86f1-41af-91ab-2d7cd011db47']

/** Whether its holders may change blueprints, agents and their rights. */
function isChangerRole({ displayName, isBuiltIn, rolePermissions }: Json): boolean {
  if (isBuiltIn !== false) return changerRoles.includes(String(displayName))
  const permissions = (rolePermissions ?? []) as readonly { readonly allowedResourceActions?: string[] }[]
  return permissions.some(one => one.allowedResourceActions?.some(action => changerAction.test(action)))
}
