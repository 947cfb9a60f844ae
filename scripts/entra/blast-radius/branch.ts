/**
 * What the reader should stop at: `surplus` nobody asked for, `fault` is asked for and wrong, `unread` was not shown to this caller, so that
 * nobody knows.
 */
export type Mark = 'surplus' | 'fault' | 'unread'

/** One thing that can be reached, and what can be reached by it. */
export interface Branch {
  /** In words. */
  readonly title: string
  /** The object's id, where it has one. */
  readonly id?: string
  /** Absent: the plan asks for it, or it is told for information only. */
  readonly mark?: Mark
  readonly branches?: readonly Branch[]
}

/** Everything around one blueprint's credential. */
export interface BlastRadius {
  readonly tenantId: string
  readonly blueprint: Branch
  /** Who can be the blueprint, or change it. */
  readonly who: readonly Branch[]
  /** Whom and what the blueprint can be. */
  readonly what: readonly Branch[]
}

/** How often a mark stands in trees. */
export function countMarks(branches: readonly Branch[], mark: Mark): number {
  return flatten(branches).filter(one => one.mark === mark).length
}

/** Branches with a title; none when there is nothing to put under it. */
export function group(title: string, branches: readonly Branch[]): readonly Branch[] {
  return branches.length > 0 ? [{ title, branches }] : []
}

/** Every branch of trees, with the way to it in words. */
export function flatten(
  branches: readonly Branch[],
  before = '',
): readonly (Branch & { readonly way: string })[] {
  return branches.flatMap(one => [
    { ...one, way: `${before}${one.title}` },
    ...flatten(one.branches ?? [], `${before}${one.title} → `),
  ])
}

/** Out of Graph's sight. */
export const azureRoles: Branch = {
  title: 'roles of the agents in Azure (Azure RBAC; --azure)',
  mark: 'unread',
}
