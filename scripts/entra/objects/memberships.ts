import { idOf, type Kind, principalsOf } from './tenant-object.ts'

/** Groups and directory roles, of which nothing is wanted. */
export const memberships: Kind = {
  wanted: () => [],
  collections: target =>
    principalsOf(target).flatMap(({ key, title }) => [
      {
        of: key,
        title: `groups that ${title} is in`,
        list: graph =>
          graph.list(`/servicePrincipals/${idOf(target, key)}/memberOf`, { mayBeForbidden: true }),
        isWanted: () => false,
        describe: ({ displayName }) => `${title} in the group or role "${displayName}"`,
      },
      {
        of: key,
        title: `directory roles of ${title}`,
        list: graph =>
          graph.list(
            `/roleManagement/directory/roleAssignments?$filter=principalId eq '${idOf(target, key)}'`,
            { mayBeForbidden: true },
          ),
        isWanted: () => false,
        describe: ({ roleDefinitionId, directoryScopeId }) =>
          `${title} with the directory role ${roleDefinitionId} in ${directoryScopeId}`,
      },
    ]),
}
