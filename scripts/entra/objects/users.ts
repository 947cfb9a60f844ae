import {
  type AccessByMethod,
  administrator,
  agentKey,
  developer,
  findListed,
  idOf,
  type Kind,
  type Target,
  type TenantObject,
} from './tenant-object.ts'

interface Relation {
  readonly name: 'sponsor' | 'owner'
  readonly access: AccessByMethod
  readonly isHiddenFromSome?: boolean
}

const ofBlueprint: readonly Relation[] = [
  { name: 'sponsor', access: { POST: { permission: 'Application.ReadWrite.All', role: developer } } },
  {
    name: 'owner',
    access: {
      GET: { permission: 'AgentIdentityBlueprint.Read.All', role: developer },
      POST: { permission: 'AgentIdentityBlueprint.ReadWrite.All', role: developer },
    },
  },
]
const ofAgent: readonly Relation[] = [
  {
    name: 'sponsor',
    access: { POST: { permission: 'AgentIdentity.ReadWrite.All', role: administrator } },
    // As documented, no signed-in user sees them, whatever the permission.
    isHiddenFromSome: true,
  },
  {
    name: 'owner',
    access: {
      GET: { permission: 'AgentIdentity.Read.All', role: developer },
      POST: { permission: 'AgentIdentity.ReadWrite.All', role: developer },
    },
  },
]

/** Who answers for the blueprint (sponsors), and who may change it (owners). */
export const usersOfBlueprint: Kind = target => {
  const title = `blueprint "${target.settings.blueprintName}"`
  const path = () => `/applications/${idOf(target, 'blueprint')}/microsoft.graph.agentIdentityBlueprint`
  return ofBlueprint.flatMap(relation => usersOf(target, 'blueprint', title, path, relation))
}

/** The same of each agent identity. */
export const usersOfAgents: Kind = target =>
  target.settings.agents.flatMap(name => {
    const key = agentKey(name)
    const path = () => `/servicePrincipals/${idOf(target, key)}/microsoft.graph.agentIdentity`
    return ofAgent.flatMap(relation => usersOf(target, key, `agent identity "${name}"`, path, relation))
  })

function usersOf(
  target: Target,
  key: string,
  title: string,
  pathOf: () => string,
  { name, access, isHiddenFromSome = false }: Relation,
): readonly TenantObject[] {
  const { sponsors, owners } = target.settings
  const path = () => `${pathOf()}/${name}s`
  return (name === 'sponsor' ? sponsors : owners).map(user => ({
    key: `${key}/${name}/${user}`,
    title: `${name} ${user} of ${title}`,
    access,
    needs: [key],
    goesWith: key,
    comesAlong: true,
    find: graph => findListed(graph, path(), one => one['id'] === user, isHiddenFromSome),
    create: () => ({
      method: 'POST',
      path: `${path()}/$ref`,
      body: { '@odata.id': target.userAddress(user) },
    }),
  }))
}
