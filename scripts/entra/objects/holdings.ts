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

/**
 * One list: its title, its path or how to read it, how to describe a member, words after that description (` of the agent`), and whether the
 * set-up itself wants a member (default: no).
 */
type ListRow = readonly [
  title: string,
  path: string | Collection['list'],
  describe: Collection['describe'],
  suffix: string,
  isWanted?: Collection['isWanted'],
]

function listsOfPrincipal(target: Target, { key, title }: NamedObject): readonly Collection[] {
  const id = target.idOf(key)
  const path = `/servicePrincipals/${id}`
  const consents = `/oauth2PermissionGrants?$filter=clientId eq '${id}'`
  // The agent's user account has a list of its own consents.
  const isListed = ({ principalId }: Json) =>
    !principalId || principalId !== target.recorded(`${key}/user`)?.id
  // biome-ignore format: table
  return toCollections(key, [
    [`app roles that ${title} has`, `${path}/appRoleAssignments`, describeRole, ` for ${title}`, one => isWantedRole(target, one)],
    [`consents to ${title}`, async graph => (await graph.list(consents, mayBeForbidden)).filter(isListed), describeConsent, `, to ${title}`, one => hasOnlyWantedScopes(target, key, one)],
    ...membershipRows(title, path, id),
  ])
}

function listsOfUser(target: Target, { key, title }: NamedObject): readonly Collection[] {
  const id = target.idOf(key)
  const path = `/users/${id}`
  const suffix = ` of the ${title}`
  const isGranted = (one: Json) => target.isRecorded(`${key}/grant`, one)
  // biome-ignore format: table
  return toCollections(key, [
    [`consents${suffix}`, `${path}/oauth2PermissionGrants`, describeConsent, suffix, isGranted],
    [`app roles${suffix}`, `${path}/appRoleAssignments`, describeRole, suffix],
    [`licences${suffix}`, `${path}/licenseDetails`, ({ skuPartNumber }) => `licence ${skuPartNumber}`, suffix],
    ...membershipRows(title, path, id),
  ])
}

function membershipRows(title: string, path: string, id: string): readonly ListRow[] {
  const groups = `${path}/transitiveMemberOf`
  const roles = (kind: string) => async (graph: Graph) => {
    const holders = [{ id }, ...(await graph.list(groups, mayBeForbidden))]
    const held = holders.map(async ({ id, displayName: by }: Json) => {
      const filter = `$filter=principalId eq '${id}'&$expand=roleDefinition`
      const list = await graph.list(`/roleManagement/directory/${kind}?${filter}`, mayBeForbidden)
      return list.map(one => ({ ...one, by }))
    })
    return (await Promise.all(held)).flat()
  }
  const eligible = roles('roleEligibilityScheduleInstances')
  const may = (one: Json) => `may activate (PIM) ${describeDirectoryRole(one)}`
  // biome-ignore format: table
  return [
    [`groups that ${title} is in`, groups, ({ displayName }) => `group or role "${displayName}"`, `, which ${title} is in`],
    [`objects that ${title} owns`, `${path}/ownedObjects`, describeOwned, `, owned by ${title}`],
    [`directory roles of ${title}`, roles('roleAssignments'), describeDirectoryRole, ` of ${title}`],
    [`directory roles that ${title} may activate (PIM)`, eligible, may, ` of ${title}`],
  ]
}

/** The rights that an agent inherits from its blueprint. Only these lists of Graph beta show them; the lists of its own rights do not. */
function listsOfInherited(target: Target, { key, title }: NamedObject): readonly Collection[] {
  const path = `/servicePrincipals/microsoft.graph.agentIdentity/${target.idOf(key)}/inherited`
  const told = (describe: Collection['describe']) => (one: Json) =>
    `${describe(one)}, inherited from the blueprint`
  // biome-ignore format: table
  const rows: readonly ListRow[] = [
    [`app roles that ${title} inherits`, `${path}AppRoleAssignments`, told(describeRole), `, by ${title}`],
    [`consents that ${title} inherits`, `${path}Oauth2PermissionGrants`, told(describeConsent), `, by ${title}`],
  ]
  return toCollections(key, rows, { version: 'beta' })
}

/** Access packages of principals and user accounts, and groups that they may join. Only a review has permission to read them. */
export function reviewedHoldings(target: Target): readonly Collection[] {
  return [...principalsOf(target), ...agentUsersOf(target)].flatMap(({ key, title }) => {
    const governance = '/identityGovernance'
    const packages = `${governance}/entitlementManagement/assignments?$filter=target/objectId eq '${target.idOf(key)}' and state eq 'delivered'&$expand=accessPackage`
    const groups = `${governance}/privilegedAccess/group/eligibilityScheduleInstances?$filter=principalId eq '${target.idOf(key)}'&$expand=group`
    const rows: readonly ListRow[] = [
      [
        `access packages of ${title}`,
        packages,
        one => `access package "${nameIn(one['accessPackage'])}"`,
        '',
      ],
      [`groups that ${title} may join (PIM)`, groups, describeEligibility, ''],
    ]
    return toCollections(key, rows, {})
  })
}

/** @param options how to read the lists, which then have to exist; without options, a missing list counts as empty */
function toCollections(
  ownerKey: string,
  rows: readonly ListRow[],
  options?: ReadOptions,
): readonly Collection[] {
  return rows.map(([title, path, describe, suffix, isWanted = () => false]) => ({
    ownerKey,
    title,
    list: graph => {
      if (typeof path !== 'string') return path(graph)
      return options
        ? graph.listExisting(path, { ...mayBeForbidden, ...options })
        : graph.list(path, mayBeForbidden)
    },
    isWanted,
    describe,
    suffix,
  }))
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
