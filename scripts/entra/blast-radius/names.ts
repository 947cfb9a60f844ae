import type { Graph, Json } from '../graph.ts'

/** Names for the ids in assignments and grants: Graph gives app roles and APIs by id there. */
export class Names {
  readonly #graph: Graph
  readonly #resources = new Map<string, Promise<Json | undefined>>()

  constructor(graph: Graph) {
    this.#graph = graph
  }

  /** Adds to an assignment or grant the names of its API and app role. */
  async name(member: Json): Promise<Json> {
    const { resourceId, appRoleId } = member
    if (typeof resourceId !== 'string') return member
    const { displayName, appRoles } = (await this.#resource(resourceId)) ?? {}
    const role = ((appRoles ?? []) as readonly Json[]).find(({ id }) => id === appRoleId)
    return {
      ...member,
      ...(displayName === undefined ? {} : { resourceDisplayName: displayName }),
      ...(role ? { appRoleName: role['value'] } : {}),
    }
  }

  /** `undefined` where it may not be read; ids are then shown instead of names. */
  #resource(id: string): Promise<Json | undefined> {
    const path = `/servicePrincipals/${id}?$select=id,displayName,appRoles`
    const asked =
      this.#resources.get(id) ?? this.#graph.read(path, { mayBeForbidden: true }).catch(() => undefined)
    this.#resources.set(id, asked)
    return asked
  }
}
