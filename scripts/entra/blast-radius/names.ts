import { getOrMake } from '@entra-bedrock-agent/service-kit'
import type { Graph, Json } from '../graph.ts'

/**
 * Adds the names of API and app role to assignments and grants, in which Graph has only their ids. An API that may not be read
 * is shown by its id.
 */
export function nameAdder(graph: Graph): (member: Json) => Promise<Json> {
  const resources = new Map<string, Promise<Json | undefined>>()
  const read = (id: string) =>
    graph
      .read(`/servicePrincipals/${id}?$select=id,displayName,appRoles`, { mayBeForbidden: true })
      .catch(() => undefined)
  return async member => {
    const { resourceId, appRoleId } = member
    if (typeof resourceId !== 'string') return member
    const { displayName, appRoles } = (await getOrMake(resources, resourceId, read)) ?? {}
    const role = ((appRoles ?? []) as readonly Json[]).find(({ id }) => id === appRoleId)
    return {
      ...member,
      ...(displayName === undefined ? {} : { resourceDisplayName: displayName }),
      ...(role ? { appRoleName: role['value'] } : {}),
    }
  }
}
