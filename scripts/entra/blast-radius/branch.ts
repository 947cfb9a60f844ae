/**
 * Why a thing needs attention: nobody asked for it (`surplus`), it was asked for but is wrong (`fault`), or it is unknown,
 * since this caller may not read it (`unread`).
 */
export type Mark = 'surplus' | 'fault' | 'unread'

/** One thing that can be reached, and what can be reached through it. */
export interface Branch {
  /** The thing in words. */
  readonly title: string
  /** The object's id, where it has one. */
  readonly id?: string
  /** Absent if the thing is as planned, or is shown for information only. */
  readonly mark?: Mark
  readonly branches?: readonly Branch[]
}

/** Everything around one blueprint's credential. */
export interface BlastRadius {
  readonly tenantId: string
  readonly blueprint: Branch
  /** Who can act as the blueprint, or change it. */
  readonly who: readonly Branch[]
  /** Who the blueprint can act as, and what these identities reach. */
  readonly what: readonly Branch[]
}

/** One branch with this title and these branches below it; an empty list if there are no branches. */
export function groupUnder(title: string, branches: readonly Branch[]): readonly Branch[] {
  return branches.length > 0 ? [{ title, branches }] : []
}

/** The mark of what nobody asked for, unless the caller accepts it. */
export function unlessAccepted(name: string, accepted: readonly string[]): Pick<Branch, 'mark'> {
  return accepted.includes(name) ? {} : { mark: 'surplus' }
}

/** A part of the blast radius or, if it cannot be read, a branch that says why, and what to do. */
export async function orUnread(
  title: string,
  read: () => Promise<readonly Branch[]>,
  fix = 'kubectl must reach the cluster, as a user who may read it.',
): Promise<readonly Branch[]> {
  return read().catch(({ message }: Error) => {
    const [reason = ''] = message.split('\n')
    return [{ title: `${title}: ${reason.replace(/\.?$/, '.')} ${fix}`, mark: 'unread' }]
  })
}

/** All branches at any depth, each with its path in words. */
export function flatten(
  branches: readonly Branch[],
  before = '',
): readonly (Branch & { readonly way: string })[] {
  return branches.flatMap(one => [
    { ...one, way: `${before}${one.title}` },
    ...flatten(one.branches ?? [], `${before}${one.title} → `),
  ])
}

/** Says that Graph does not show role assignments in Azure. */
export const unreadAzureRoles: Branch = {
  title: 'roles of the agents in Azure (Azure RBAC; --azure)',
  mark: 'unread',
}
