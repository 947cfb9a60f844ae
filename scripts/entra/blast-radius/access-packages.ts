import { agentUsersOf } from '../objects/memberships.ts'
import { type Collection, idOf, principalsOf, type Target } from '../objects/tenant-object.ts'

/** Access packages that were assigned to agents and their user accounts. The set-up wants none. */
export function accessPackages(target: Target): readonly Collection[] {
  return [...principalsOf(target), ...agentUsersOf(target)].map(({ key, title }) => ({
    of: key,
    title: `access packages of ${title}`,
    list: graph =>
      graph.listKnown(
        `/identityGovernance/entitlementManagement/assignments?$filter=target/objectId eq '${idOf(target, key)}' and state eq 'delivered'&$expand=accessPackage`,
        { mayBeForbidden: true },
      ),
    isWanted: () => false,
    describe: ({ accessPackage }) =>
      `access package "${(accessPackage as { readonly displayName?: string } | undefined)?.displayName}"`,
  }))
}
