import { getOrMake } from '@entra-agents/service-kit'
import type { Graph, Json } from '../graph.ts'

/**
 * Adds the names of API, app role and client to assignments and grants, in which Graph has only their ids. What may not be read is
 * shown by its id.
 */
export function nameAdder(graph: Graph): (member: Json) => Promise<Json> {
  const principals = new Map<string, Promise<Json | undefined>>()
  const read = (id: string) =>
    graph
      .read(`/servicePrincipals/${id}?$select=id,displayName,appRoles`, { mayBeForbidden: true })
      .catch(() => undefined)
  const nameOf = async (id: unknown) => (typeof id === 'string' ? getOrMake(principals, id, read) : undefined)
  return async member => {
    const { resourceId, appRoleId, clientId } = member
    if (typeof resourceId !== 'string') return member
    const { displayName, appRoles } = (await nameOf(resourceId)) ?? {}
    const client = await nameOf(clientId)
    const role = ((appRoles ?? []) as readonly Json[]).find(({ id }) => id === appRoleId)
    return {
      ...member,
      resourceDisplayName: displayName ?? member['resourceDisplayName'],
      appRoleName: role?.['value'],
      clientDisplayName: client?.['displayName'],
    }
  }
}
