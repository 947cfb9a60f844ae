import type { Json } from '../graph.ts'
import {
  agentUserKey,
  type Collection,
  idOf,
  type Kind,
  type Named,
  principalsOf,
  type Target,
} from './tenant-object.ts'

/** Groups and directory roles. The set-up wants no membership. */
export const memberships: Kind = {
  wanted: () => [],
  collections: target => [
    ...principalsOf(target).flatMap(one => listsOf(target, one, 'servicePrincipals')),
    ...agentUsersOf(target).flatMap(one => listsOf(target, one, 'users')),
  ],
}

/** The user accounts of agents that are known. */
export function agentUsersOf(target: Target): readonly Named[] {
  return target.settings.agents
    .map(name => ({ key: agentUserKey(name), title: `user account of agent identity "${name}"` }))
    .filter(({ key }) => target.recorded(key))
}

function listsOf(target: Target, { key, title }: Named, path: string): readonly Collection[] {
  return [
    {
      of: key,
      title: `groups that ${title} is in`,
      list: graph => graph.list(`/${path}/${idOf(target, key)}/transitiveMemberOf`, { mayBeForbidden: true }),
      isWanted: () => false,
      describe: ({ displayName }) => `group or role "${displayName}"`,
      whose: `, which ${title} is in`,
    },
    {
      of: key,
      title: `directory roles of ${title}`,
      list: graph =>
        graph.list(
          `/roleManagement/directory/roleAssignments?$filter=principalId eq '${idOf(target, key)}'&$expand=roleDefinition`,
          { mayBeForbidden: true },
        ),
      isWanted: () => false,
      describe: ({ roleDefinition, roleDefinitionId, directoryScopeId }) =>
        `directory role ${nameIn(roleDefinition) ?? roleDefinitionId} in ${directoryScopeId}`,
      whose: ` of ${title}`,
    },
  ]
}

function nameIn(object: unknown): unknown {
  return (object as Json | undefined)?.['displayName']
}
