import type { Json, Reading } from '../graph.ts'
import { describeRole, isWantedRole } from './app-roles.ts'
import { describeConsent, isNothingMore } from './consents.ts'
import {
  agentsOf,
  agentUserKey,
  type Collection,
  type Kind,
  type Named,
  principalsOf,
  type Target,
} from './tenant-object.ts'

/** Rights, groups and directory roles of principals and user accounts, and what agents inherit from their blueprint. */
export const holdings: Kind = {
  wanted: () => [],
  collections: target => [
    ...principalsOf(target).flatMap(one => ofPrincipal(target, one)),
    ...agentUsersOf(target).flatMap(one => ofUser(target, one)),
    {
      of: 'blueprint',
      title: 'permissions that agents inherit from the blueprint',
      list: graph =>
        graph.listExisting(
          `/applications/microsoft.graph.agentIdentityBlueprint/${target.idOf('blueprint')}/inheritablePermissions`,
          { version: 'v1.0 or beta', mayBeForbidden: true },
        ),
      isWanted: ({ inheritableScopes, inheritableRoles }) =>
        [inheritableScopes, inheritableRoles].every(one => kindOf(one) === 'none'),
      describe: ({ resourceAppId, inheritableScopes, inheritableRoles }) =>
        `what agents inherit at ${resourceAppId}: scopes ${kindOf(inheritableScopes)}, app roles ${kindOf(inheritableRoles)}`,
      whose: ', from the blueprint',
    },
    ...agentsOf(target).flatMap(one => inheritedBy(target, one)),
  ],
}

/** A list: title, path, how to describe a member, words after that (` of the agent`), which members are wanted (default: none). */
type Row = readonly [
  title: string,
  path: string,
  describe: Collection['describe'],
  whose: string,
  isWanted?: Collection['isWanted'],
]

function ofPrincipal(target: Target, { key, title }: Named): readonly Collection[] {
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
      one => isNothingMore(target, key, one),
    ],
    ...memberships(title, path, id),
  ])
}

function ofUser(target: Target, { key, title }: Named): readonly Collection[] {
  const id = target.idOf(key)
  const path = `/users/${id}`
  const whose = ` of the ${title}`
  const isGranted = (one: Json) => target.isRecorded(`${key}/grant`, one)
  return toCollections(key, [
    [`consents${whose}`, `${path}/oauth2PermissionGrants`, describeConsent, whose, isGranted],
    [`app roles${whose}`, `${path}/appRoleAssignments`, describeRole, whose],
    [`licences${whose}`, `${path}/licenseDetails`, ({ skuPartNumber }) => `licence ${skuPartNumber}`, whose],
    ...memberships(title, path, id),
  ])
}

function memberships(title: string, path: string, id: string): readonly Row[] {
  const roles = `/roleManagement/directory/roleAssignments?$filter=principalId eq '${id}'&$expand=roleDefinition`
  return [
    [`groups that ${title} is in`, `${path}/transitiveMemberOf`, describeGroup, `, which ${title} is in`],
    [`directory roles of ${title}`, roles, describeDirectoryRole, ` of ${title}`],
  ]
}

/** The rights that an agent inherits from its blueprint. Only these lists of Graph beta show them; the lists of its own rights do not. */
function inheritedBy(target: Target, { key, title }: Named): readonly Collection[] {
  const path = `/servicePrincipals/microsoft.graph.agentIdentity/${target.idOf(key)}/inherited`
  const told = (describe: Collection['describe']) => (one: Json) =>
    `${describe(one)}, inherited from the blueprint`
  const rows: readonly Row[] = [
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

/** @param known how to read the lists, all of which must exist; if `undefined`, a missing list counts as empty */
function toCollections(of: string, rows: readonly Row[], known?: Reading): readonly Collection[] {
  return rows.map(([title, path, describe, whose, isWanted = () => false]) => ({
    of,
    title,
    list: graph =>
      known
        ? graph.listExisting(path, { mayBeForbidden: true, ...known })
        : graph.list(path, { mayBeForbidden: true }),
    isWanted,
    describe,
    whose,
  }))
}

/** The agents' user accounts that the receipt records. */
function agentUsersOf(target: Target): readonly Named[] {
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
