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
  readonly id?: string | undefined
  /** Absent if the thing is as planned, or is shown for information only. */
  readonly mark?: Mark | undefined
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

export function surplusIf(isSurplus: boolean): Mark | undefined {
  return isSurplus ? 'surplus' : undefined
}

/** What cannot be read, why, and what to do. */
export function unreadBranch(
  title: string,
  { message }: Error,
  fix = 'kubectl must reach the cluster, as a user who may read it.',
): Branch {
  const [reason = ''] = message.split('\n')
  return { title: `${title}: ${reason.replace(/\.?$/, '.')} ${fix}`, mark: 'unread' }
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
