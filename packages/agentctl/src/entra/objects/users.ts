import type { Json } from '../graph.ts'
import { type AccessByMethod, adminRole, applicationAccess, developerRole } from './access.ts'
import {
  agentsOf,
  applicationsOf,
  type Collection,
  findListed,
  type Kind,
  type NamedObject,
  registrationsOf,
  type Target,
  type TenantObject,
} from './tenant-object.ts'

interface Relation {
  readonly name: 'sponsor' | 'owner'
  readonly access: AccessByMethod
  readonly isHiddenFromSome?: boolean
}

interface RelationHolder extends NamedObject {
  readonly path: () => string
  readonly relations: readonly Relation[]
}

/** Access by which developers change owners: the permission to read and that to write differ. */
function ownerAccess(kind: string): AccessByMethod {
  return {
    GET: { permission: `${kind}.Read.All`, role: developerRole },
    POST: { permission: `${kind}.ReadWrite.All`, role: developerRole },
  }
}

const relationsOfBlueprint: readonly Relation[] = [
  { name: 'sponsor', access: { POST: { permission: 'Application.ReadWrite.All', role: developerRole } } },
  { name: 'owner', access: ownerAccess('AgentIdentityBlueprint') },
]
const relationsOfAgent: readonly Relation[] = [
  {
    name: 'sponsor',
    access: { POST: { permission: 'AgentIdentity.ReadWrite.All', role: adminRole } },
    // As documented, no signed-in user sees sponsors of agents, whatever the permission.
    isHiddenFromSome: true,
  },
  { name: 'owner', access: ownerAccess('AgentIdentity') },
]

function blueprintsOf(target: Target): readonly RelationHolder[] {
  const path = () => `/applications/${target.idOf('blueprint')}/microsoft.graph.agentIdentityBlueprint`
  return applicationsOf(target)
    .slice(0, 1)
    .map(blueprint => ({ ...blueprint, path, relations: relationsOfBlueprint }))
}

function agentHoldersOf(target: Target): readonly RelationHolder[] {
  return agentsOf(target).map(agent => {
    const path = () => `/servicePrincipals/${target.idOf(agent.key)}/microsoft.graph.agentIdentity`
    return { ...agent, path, relations: relationsOfAgent }
  })
}
const owners: readonly Relation[] = [{ name: 'owner', access: applicationAccess }]

/** Who answers for the blueprint (sponsors), and who may change it and the other applications (owners). */
export const usersOfBlueprint: Kind = {
  wanted: target => blueprintsOf(target).flatMap(one => usersOf(target, one)),
  collections: target => {
    const [, ...others] = registrationsOf(target)
    const holders = [...blueprintsOf(target), ...others.map(one => ({ ...one, relations: owners }))]
    return holders.flatMap(one => listsOf(target, one))
  },
}

/** Sponsors and owners of each agent identity. */
export const usersOfAgents: Kind = {
  wanted: target => agentHoldersOf(target).flatMap(one => usersOf(target, one)),
  collections: target => agentHoldersOf(target).flatMap(one => listsOf(target, one)),
}

function usersOf(target: Target, { key, title, path, relations }: RelationHolder): readonly TenantObject[] {
  return relations.flatMap(({ name, access, isHiddenFromSome = false }) =>
    target.settings[`${name}s`].map(
      (user): TenantObject => ({
        key: `${key}/${name}/${user}`,
        title: `${name} ${user} of ${title}`,
        access,
        needs: [key],
        goesWith: key,
        comesAlong: true,
        find: graph => findListed(graph, `${path()}/${name}s`, { id: user }, isHiddenFromSome),
        create: () => ({
          method: 'POST',
          path: `${path()}/${name}s/$ref`,
          body: { '@odata.id': target.userAddress(user) },
        }),
      }),
    ),
  )
}

function listsOf(target: Target, { key, title, path, relations }: RelationHolder): readonly Collection[] {
  return relations.map(({ name }) => {
    const wanted = [...target.settings[`${name}s`], ...(name === 'owner' ? (target.makers ?? []) : [])]
    // By default Graph does not tell whether a user is disabled.
    const select = name === 'sponsor' ? '?$select=id,displayName,accountEnabled' : ''
    return {
      ownerKey: key,
      title: `${name}s of ${title}`,
      kind: 'owners and sponsors' as const,
      list: graph => graph.list(`${path()}/${name}s${select}`, { mayBeForbidden: true }),
      isWanted: ({ id }) => wanted.includes(String(id)),
      describe: one => `${name} ${nameOf(one)}`,
      suffix: ` of ${title}`,
      ...(name === 'sponsor' ? { faultsOf: faultsOfSponsors } : {}),
    }
  })
}

function nameOf({ id, displayName }: Json): unknown {
  return displayName ?? id
}

/** A blueprint or agent needs a sponsor who is not disabled. */
function faultsOfSponsors(members: readonly Json[]): readonly string[] {
  const off = members.filter(({ accountEnabled }) => accountEnabled === false)
  return members.length > 0 ? off.map(one => `sponsor ${nameOf(one)} is disabled`) : ['there is no sponsor']
}
