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
  return branches.reduce(
    (sum, one) => sum + (one.mark === mark ? 1 : 0) + countMarks(one.branches ?? [], mark),
    0,
  )
}

/** Branches with a title; none when there is nothing to put under it. */
export function group(title: string, branches: readonly Branch[]): readonly Branch[] {
  return branches.length > 0 ? [{ title, branches }] : []
}
