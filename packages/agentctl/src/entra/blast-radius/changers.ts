import { graphAppId } from '@entra-agents/trace'
import { type Json, readIfShown } from '../graph.ts'
import type { Run } from '../run.ts'
import { type Branch, groupUnder } from './branch.ts'
import { isChangerRole, microsoftTenants, permits } from './tenant-rights.ts'

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
