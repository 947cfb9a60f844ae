import type { Json, ReadOptions } from '../graph.ts'
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
 * One list: its title, its path, how to describe a member, words after that description (` of the agent`), and whether the
 * set-up itself wants a member (default: no).
 */
type ListRow = readonly [
  title: string,
  path: string,
  describe: Collection['describe'],
  suffix: string,
  isWanted?: Collection['isWanted'],
]

function listsOfPrincipal(target: Target, { key, title }: NamedObject): readonly Collection[] {
  const id = target.idOf(key)
  const path = `/servicePrincipals/${id}`
  const consents = `/oauth2PermissionGrants?$filter=clientId eq '${id}'`
  return toCollections(key, [
    [
      `app roles that ${title} has`,
      `${path}/appRoleAssignments`,
      describeRole,
      ` for ${title}`,
      one => isWantedRole(target, one),
    ],
    [
      `consents to ${title}`,
      consents,
      describeConsent,
      `, to ${title}`,
      one => hasOnlyWantedScopes(target, key, one),
    ],
    ...membershipRows(title, path, id),
  ])
}

function listsOfUser(target: Target, { key, title }: NamedObject): readonly Collection[] {
  const id = target.idOf(key)
  const path = `/users/${id}`
  const suffix = ` of the ${title}`
  const isGranted = (one: Json) => target.isRecorded(`${key}/grant`, one)
  return toCollections(key, [
    [`consents${suffix}`, `${path}/oauth2PermissionGrants`, describeConsent, suffix, isGranted],
    [`app roles${suffix}`, `${path}/appRoleAssignments`, describeRole, suffix],
    [
      `licences${suffix}`,
      `${path}/licenseDetails`,
      ({ skuPartNumber }) => `licence ${skuPartNumber}`,
      suffix,
    ],
    ...membershipRows(title, path, id),
  ])
}

function membershipRows(title: string, path: string, id: string): readonly ListRow[] {
  const roles = `/roleManagement/directory/roleAssignments?$filter=principalId eq '${id}'&$expand=roleDefinition`
  return [
    [`groups that ${title} is in`, `${path}/transitiveMemberOf`, describeGroup, `, which ${title} is in`],
    [`directory roles of ${title}`, roles, describeDirectoryRole, ` of ${title}`],
  ]
}

/** The rights that an agent inherits from its blueprint. Only these lists of Graph beta show them; the lists of its own rights do not. */
function listsOfInherited(target: Target, { key, title }: NamedObject): readonly Collection[] {
  const path = `/servicePrincipals/microsoft.graph.agentIdentity/${target.idOf(key)}/inherited`
  const told = (describe: Collection['describe']) => (one: Json) =>
    `${describe(one)}, inherited from the blueprint`
  const rows: readonly ListRow[] = [
    [`app roles that ${title} inherits`, `${path}AppRoleAssignments`, told(describeRole), `, by ${title}`],
    [
      `consents that ${title} inherits`,
      `${path}Oauth2PermissionGrants`,
      told(describeConsent),
      `, by ${title}`,
    ],
  ]
  return toCollections(key, rows, { version: 'beta' })
}

/** Access packages that were assigned to principals and user accounts. */
export function accessPackages(target: Target): readonly Collection[] {
  return [...principalsOf(target), ...agentUsersOf(target)].flatMap(({ key, title }) => {
    const path = `/identityGovernance/entitlementManagement/assignments?$filter=target/objectId eq '${target.idOf(key)}' and state eq 'delivered'&$expand=accessPackage`
    return toCollections(key, [[`access packages of ${title}`, path, describeAccessPackage, '']], {})
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
    list: graph =>
      options
        ? graph.listExisting(path, { mayBeForbidden: true, ...options })
        : graph.list(path, { mayBeForbidden: true }),
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

function describeGroup({ displayName }: Json): string {
  return `group or role "${displayName}"`
}

function describeDirectoryRole({ roleDefinition, roleDefinitionId, directoryScopeId }: Json): string {
  return `directory role ${nameIn(roleDefinition) ?? roleDefinitionId} in ${directoryScopeId}`
}

function describeAccessPackage({ accessPackage }: Json): string {
  return `access package "${nameIn(accessPackage)}"`
}

function nameIn(object: unknown): unknown {
  return (object as Json | undefined)?.['displayName']
}

function kindOf(inheritance: unknown): string {
  return String((inheritance as Json | undefined)?.['kind'] ?? 'none')
}
