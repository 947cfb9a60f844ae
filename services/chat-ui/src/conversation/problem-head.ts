import type { TraceStep } from '@entra-agents/trace'
import type { IconName } from '@entra-agents/trace-view/controls/icon'
import type { Names } from '@entra-agents/trace-view/words/names'
import { type ProblemKind, problemKind } from '@entra-agents/trace-view/words/problem-kinds'
import type { PageProblem } from '../agent/page-problem.ts'
import { isForAdministrator } from './next-actions.ts'

/** Codes of failures that pass without anybody’s doing. */
const passingCodes: ReadonlySet<string> = new Set([
  'AGENT_BUSY',
  'AGENT_STOPPING',
  'BEDROCK_THROTTLED',
  'RATE_LIMITED',
  'TURN_TIMEOUT',
])

export const problemIcons: Readonly<Record<ProblemKind, IconName>> = {
  neutral: 'more',
  wait: 'wait',
  failed: 'close',
}

/** What a failure is, in the fewest words: whether it passes, waits for the user, or who denied the call. */
export function tellProblemKind(problem: PageProblem, steps: readonly TraceStep[], names: Names): string {
  const { code, status, needs, upstream } = problem
  const kind = problemKind(problem)
  if (kind === 'neutral') return status === 404 ? 'Not found' : 'Not answered'
  if (kind === 'wait') return passingCodes.has(code) ? 'Passes by itself' : 'Waits for you'
  if (!isForAdministrator(problem)) return 'Failed'
  const who = needs?.api ?? upstream?.service ?? steps.findLast(({ status }) => status === 'failed')?.to
  return who === undefined ? 'Denied' : `Denied by ${names.actor(who)}`
}
