import type { TraceStep } from '@entra-agents/trace'
import type { IconName } from '@entra-agents/trace-view/controls/icon'
import { hasFailed } from '@entra-agents/trace-view/trace/turn-facts'
import type { Names } from '@entra-agents/trace-view/words/names'
import { type ProblemKind, problemKind, remedyOf } from '@entra-agents/trace-view/words/problem-kinds'
import type { PageProblem } from '../agent/page-problem.ts'

export const problemIcons: Readonly<Record<ProblemKind, IconName>> = {
  neutral: 'more',
  wait: 'wait',
  failed: 'close',
}

/** What a failure is, in the fewest words: whether it passes, waits for the user, or who denied the call. */
export function tellProblemKind(problem: PageProblem, steps: readonly TraceStep[], names: Names): string {
  const { status, needs, upstream } = problem
  const [kind, remedy] = [problemKind(problem), remedyOf(problem)]
  if (kind === 'neutral') return status === 404 ? 'Not found' : 'Not answered'
  if (kind === 'wait') return remedy === 'time' ? 'Passes by itself' : 'Waits for you'
  if (remedy !== 'administrator') return 'Failed'
  const who = needs?.api ?? upstream?.service ?? steps.findLast(hasFailed)?.to
  return who === undefined ? 'Denied' : `Denied by ${names.actor(who)}`
}
