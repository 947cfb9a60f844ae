import type { Graph, Json, ReadOptions } from '../graph.ts'
import { describeRole, isWantedRole } from './app-roles.ts'
import { describeConsent, hasOnlyWantedScopes } from './consents.ts'
import {
  agentsOf,
  agentUserKey,
  type Collection,
  type Kind,
  type NamedObject,
  principalsOf,
  type Target,
} from './tenant-object.ts'

const mayBeForbidden = { mayBeForbidden: true } as const

/** Rights, groups and directory roles of principals and user accounts, and what agents inherit from their blueprint. */
export const holdings: Kind = {
  wanted: () => [],
  collections: target => [
    ...principalsOf(target).flatMap(one => listsOfPrincipal(target, one)),
    ...agentUsersOf(target).flatMap(one => listsOfUser(target, one)),
    {
      ownerKey: 'blueprint',
      title: 'permissions that agents inherit from the blueprint',
      kind: 'inheritable permissions',
      list: graph =>
        graph.listExisting(
          `/applications/microsoft.graph.agentIdentityBlueprint/${target.idOf('blueprint')}/inheritablePermissions`,
          { version: 'v1.0 or beta', mayBeForbidden: true },
        ),
      isWanted: ({ inheritableScopes, inheritableRoles }) =>
        [inheritableScopes, inheritableRoles].every(one => kindOf(one) === 'none'),
      describe: ({ resourceAppId, inheritableScopes, inheritableRoles }) =>
        `what agents inherit at ${resourceAppId}: scopes ${kindOf(inheritableScopes)}, app roles ${kindOf(inheritableRoles)}`,
      suffix: ', from the blueprint',
    },
    ...agentsOf(target).flatMap(one => listsOfInherited(target, one)),
  ],
}

/** A list: words that stand before its owner, how to read it and describe a member, and whether the set-up wants a member (default: no). */
type Row = readonly [
  words: string,
  list: Collection['list'],
  describe: Collection['describe'],
  isWanted?: Collection['isWanted'],
]

/** Reads a list; a missing one counts as empty. */
function at(path: string): Collection['list'] {
  return graph => graph.list(path, mayBeForbidden)
}

/** Reads a list that has to exist. */
function existing(path: string, more: ReadOptions = {}): Collection['list'] {
  return graph => graph.listExisting(path, { ...mayBeForbidden, ...more })
}

function toCollections({ key, title }: NamedObject, rows: readonly Row[]): readonly Collection[] {
  return rows.map(([words, list, describe, isWanted = () => false]) => ({
    ...{ ownerKey: key, title: `${words} ${title}`, list, describe, isWanted, suffix: `, of ${title}` },
  }))
}

function listsOfPrincipal(target: Target, owner: NamedObject): readonly Collection[] {
  const { key } = owner
  const id = target.idOf(key)
  const consents = at(`/oauth2PermissionGrants?$filter=clientId eq '${id}'`)
  // The agent's user account has a list of its own consents.
  const isListed = ({ principalId }: Json) =>
    !principalId || principalId !== target.recorded(`${key}/user`)?.id
  const list: Collection['list'] = async graph => (await consents(graph)).filter(isListed)
  const isWanted = (one: Json) => hasOnlyWantedScopes(target, key, one)
  return toCollections(owner, [
    ...rightsOf(target, `/servicePrincipals/${id}`, id),
    ['consents to', list, describeConsent, isWanted],
  ])
}

function listsOfUser(target: Target, owner: NamedObject): readonly Collection[] {
  const id = target.idOf(owner.key)
  const path = `/users/${id}`
  const isGranted = (one: Json) => target.isRecorded(`${owner.key}/grant`, one)
  return toCollections(owner, [
    ...rightsOf(target, path, id),
    ['consents of', at(`${path}/oauth2PermissionGrants`), describeConsent, isGranted],
    ['licences of', at(`${path}/licenseDetails`), ({ skuPartNumber }) => `licence ${skuPartNumber}`],
  ])
}

/** The lists that principals and user accounts have alike. */
function rightsOf(target: Target, path: string, id: string): readonly Row[] {
  const groups = at(`${path}/transitiveMemberOf`)
  const roles = (kind: string) => async (graph: Graph) => {
    const holders = [{ id }, ...(await groups(graph))]
    const held = holders.map(async ({ id, displayName: by }: Json) => {
      const filter = `$filter=principalId eq '${id}'&$expand=roleDefinition`
      const list = await graph.list(`/roleManagement/directory/${kind}?${filter}`, mayBeForbidden)
      return list.map(one => ({ ...one, by }))
    })
    return (await Promise.all(held)).flat()
  }
  const eligible = roles('roleEligibilityScheduleInstances')
  const may = (one: Json) => `may activate (PIM) ${describeDirectoryRole(one)}`
  return [
    ['app roles of', at(`${path}/appRoleAssignments`), describeRole, one => isWantedRole(target, one)],
    ['groups of', groups, ({ displayName }) => `group or role "${displayName}"`],
    ['objects owned by', at(`${path}/ownedObjects`), describeOwned],
    ['directory roles of', roles('roleAssignments'), describeDirectoryRole],
    ['directory roles that may be activated (PIM) by', eligible, may],
  ]
}

/** The rights that an agent inherits from its blueprint. Only these lists of Graph beta show them; the lists of its own rights do not. */
function listsOfInherited(target: Target, owner: NamedObject): readonly Collection[] {
  const path = `/servicePrincipals/microsoft.graph.agentIdentity/${target.idOf(owner.key)}/inherited`
  const list = (name: string) => existing(`${path}${name}`, { version: 'beta' })
  const from = ', inherited from the blueprint'
  return toCollections(owner, [
    ['app roles inherited by', list('AppRoleAssignments'), one => `${describeRole(one)}${from}`],
    ['consents inherited by', list('Oauth2PermissionGrants'), one => `${describeConsent(one)}${from}`],
  ])
}

/** Access packages of principals and user accounts, and groups that they may join. Only a review has permission to read them. */
export function reviewedHoldings(target: Target): readonly Collection[] {
  return [...principalsOf(target), ...agentUsersOf(target)].flatMap(owner => {
    const governance = '/identityGovernance'
    const packages = `${governance}/entitlementManagement/assignments?$filter=target/objectId eq '${target.idOf(owner.key)}' and state eq 'delivered'&$expand=accessPackage`
    const groups = `${governance}/privilegedAccess/group/eligibilityScheduleInstances?$filter=principalId eq '${target.idOf(owner.key)}'&$expand=group`
    return toCollections(owner, [
      ['access packages of', existing(packages), one => `access package "${nameIn(one['accessPackage'])}"`],
      ['groups that may be joined (PIM) by', existing(groups), describeEligibility],
    ])
  })
}

/** The agents' user accounts that the receipt records. */
function agentUsersOf(target: Target): readonly NamedObject[] {
  return agentsOf(target)
    .map(({ name, title }) => ({ key: agentUserKey(name), title: `user account of ${title}` }))
    .filter(({ key }) => target.recorded(key))
}

function describeOwned({ '@odata.type': type, displayName }: Json): string {
  return `owner of ${String(type).replace('#microsoft.graph.', '')} "${displayName}"`
}

function describeDirectoryRole({ roleDefinition, roleDefinitionId, directoryScopeId, by }: Json): string {
  const way = by === undefined ? '' : `, by group "${by}"`
  return `directory role ${nameIn(roleDefinition) ?? roleDefinitionId} in ${directoryScopeId}${way}`
}

function describeEligibility({ accessId, group, groupId }: Json): string {
  return `may become ${accessId} of group "${nameIn(group) ?? groupId}" (PIM)`
}

function nameIn(object: unknown): unknown {
  return (object as Json | undefined)?.['displayName']
}

function kindOf(inheritance: unknown): string {
  return String((inheritance as Json | undefined)?.['kind'] ?? 'none')
}
