import { getOrMake } from '@entra-agents/service-kit'
import type { Json, SendRequest } from '../graph.ts'
import { azureCliToken } from '../sign-in.ts'
import { type Branch, groupUnder, unreadBranch } from './branch.ts'

/** Reads a URL of Azure Resource Manager. */
export type ReadAzure = (url: string) => Promise<Json>

const managementUrl = 'https://management.azure.com'
const assignmentsPath = '/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01'

/** Reads with the token of the user who is signed in to the Azure CLI; URLs are relative to Azure Resource Manager's. */
export function readAzureAs(tenantId: string, send: SendRequest): ReadAzure {
  let token: (() => Promise<string>) | undefined
  return async url => {
    const address = new URL(url, managementUrl)
    if (address.origin !== managementUrl) throw new Error(`${address.origin} is not Azure Resource Manager.`)
    token ??= azureCliToken(await import('@azure/identity'), tenantId, managementUrl)
    const response = await send(address.href, {
      headers: { authorization: `Bearer ${await token()}` },
      redirect: 'error',
      signal: AbortSignal.timeout(60_000),
    })
    if (response.ok) return (await response.json()) as Json
    throw new Error(`Azure Resource Manager responded ${response.status}.`)
  }
}

/**
 * Role assignments of agents and their user accounts, direct and through groups, in the subscriptions that the reader may read
 * (https://learn.microsoft.com/azure/role-based-access-control/role-assignments-list-rest). The set-up assigns no roles in
 * Azure, so all of them are surplus.
 *
 * @param read if absent, the roles are not evaluated, since Graph does not show them
 * @param principals by object id
 */
export async function readAzureRoles(
  read: ReadAzure | undefined,
  principals: readonly { readonly title: string; readonly id: string }[],
): Promise<readonly Branch[]> {
  const title = 'roles of the agents in Azure (Azure RBAC; --azure)'
  if (!read) return [{ title, mark: 'unread' }]
  try {
    const subscriptions = await listAllPages(read, '/subscriptions?api-version=2022-12-01')
    const names = new Map<string, Promise<string>>()
    const held: Branch[] = []
    for (const { title, id } of principals) {
      // Each subscription of a management group lists the group's assignments, so an assignment may be found several times.
      const found = new Map<string, Branch>()
      for (const { subscriptionId } of subscriptions) {
        const filter = encodeURIComponent(`assignedTo('${id}')`)
        const path = `/subscriptions/${subscriptionId}${assignmentsPath}&$filter=${filter}`
        for (const { id: assignment, properties } of await listAllPages(read, path)) {
          const { roleDefinitionId, scope } = properties as Readonly<Record<string, string>>
          const role = await getOrMake(names, String(roleDefinitionId), id => readRoleName(read, id))
          found.set(String(assignment), { title: `${role} in ${scope}`, mark: 'surplus' })
        }
      }
      held.push(...groupUnder(title, [...found.values()]))
    }
    const subscriptionNames = subscriptions.map(({ displayName }) => displayName).join(', ') || 'none'
    return [
      ...groupUnder('roles in Azure (Azure RBAC)', held),
      {
        title: `roles in other subscriptions of Azure than those read: ${subscriptionNames}`,
        mark: 'unread',
      },
    ]
  } catch (error) {
    return [unreadBranch(title, error as Error, 'Sign in with az login, as a user with the role Reader.')]
  }
}

/** Names a role, by its id if its name cannot be read. */
async function readRoleName(read: ReadAzure, id: string): Promise<string> {
  const definition = await read(`${id}?api-version=2022-04-01`).catch(() => undefined)
  const { roleName = id.split('/').at(-1) } = (definition?.['properties'] ?? {}) as Json
  return `role ${roleName}`
}

async function listAllPages(read: ReadAzure, path: string): Promise<readonly Json[]> {
  const members: Json[] = []
  for (let next: unknown = path; typeof next === 'string'; ) {
    const page = await read(next)
    members.push(...(page['value'] as readonly Json[]))
    next = page['nextLink']
  }
  return members
}
