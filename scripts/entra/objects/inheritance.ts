import { describeRole } from './app-roles.ts'
import { describeConsent } from './consents.ts'
import {
  agentKey,
  type Collection,
  idOf,
  type Kind,
  type Named,
  principalsOf,
  type Target,
} from './tenant-object.ts'

/**
 * What agents inherit from their blueprint. The set-up wants nothing of the kind: it reaches every agent, also one without any
 * right of its own, and is in none of the agent's own lists.
 */
export const inheritance: Kind = {
  wanted: () => [],
  collections: target => [
    {
      of: 'blueprint',
      title: 'permissions that agents inherit from the blueprint',
      list: graph =>
        graph.listKnown(
          `/applications/microsoft.graph.agentIdentityBlueprint/${idOf(target, 'blueprint')}/inheritablePermissions`,
          { version: 'v1.0 or beta', mayBeForbidden: true },
        ),
      isWanted: ({ inheritableScopes, inheritableRoles }) =>
        [inheritableScopes, inheritableRoles].every(one => kindOf(one) === 'none'),
      describe: ({ resourceAppId, inheritableScopes, inheritableRoles }) =>
        `what agents inherit at ${resourceAppId}: scopes ${kindOf(inheritableScopes)}, app roles ${kindOf(inheritableRoles)}`,
      whose: ', from the blueprint',
    },
    ...principalsOf(target)
      .filter(({ key }) => target.settings.agents.some(name => agentKey(name) === key))
      .flatMap(agent => [
        inherited(target, agent, 'inheritedAppRoleAssignments', describeRole),
        inherited(target, agent, 'inheritedOauth2PermissionGrants', describeConsent),
      ]),
  ],
}

function kindOf(inheritance: unknown): string {
  return String((inheritance as { readonly kind?: unknown } | undefined)?.kind ?? 'none')
}

/** Graph shows it in beta only. */
function inherited(
  target: Target,
  { key, title }: Named,
  list: 'inheritedAppRoleAssignments' | 'inheritedOauth2PermissionGrants',
  describe: Collection['describe'],
): Collection {
  return {
    of: key,
    title: `${list === 'inheritedAppRoleAssignments' ? 'app roles' : 'consents'} that ${title} inherits`,
    list: graph =>
      graph.listKnown(`/servicePrincipals/microsoft.graph.agentIdentity/${idOf(target, key)}/${list}`, {
        version: 'beta',
        mayBeForbidden: true,
      }),
    isWanted: () => false,
    describe: one => `${describe(one)}, inherited from the blueprint`,
    whose: `, by ${title}`,
  }
}
