import { count } from '@entra-agents/trace-view/words/times'
import type { DecidedCall, Exchange } from './exchange.ts'

/** What became of the calls of a turn that ended while it waited. Calls that ran before the wait may have changed something. */
export function tellUnsent({ unsent, decided = [], steps }: Exchange): string {
  if (unsent === 'unanswered') return 'No answer came. What you approved may have been done.'
  const isDone = decided.some(
    call => isApproved(call) && steps.some(({ id, status }) => id === call.stepId && status === 'ok'),
  )
  if (isDone) return 'The call that still waited was not sent. What you approved before it was done.'
  const wasRefused = steps.some(
    ({ kind, parentId, status: outcome }) =>
      kind === 'api-call' &&
      outcome === 'failed' &&
      steps.some(({ id, status }) => id === parentId && status === 'waiting'),
  )
  const outcome = wasRefused ? 'the API refused the call' : 'not sent'
  const left = decided.some(isApproved) ? 'Left after you approved' : 'Left undecided'
  return `${unsent === 'expired' ? 'Expired' : left}: ${outcome}, and nothing was changed.`
}

/** What had arrived of an answer whose connection broke; empty for any other failure. */
export function tellArrived({ problem, answer, steps }: Exchange): string {
  if (problem?.code !== 'ANSWER_BROKEN_OFF' && problem?.code !== 'AGENT_SILENT') return ''
  const words = answer.split(/\s+/).filter(word => word !== '').length
  if (words + steps.length === 0) return 'Nothing of it had arrived.'
  return `Arrived, and kept here: ${count(words, 'word')} of the answer and ${count(steps.length, 'step')} of its trace.`
}

/** Why an answer ended before it was complete. */
export function tellStop({ isCutOff, decided = [] }: Exchange): string {
  const why = isCutOff ? 'The page was left before this answer was complete.' : 'This answer was stopped.'
  return decided.some(isApproved) ? `${why} What you approved may have been done.` : why
}

function isApproved({ kind, decision }: DecidedCall): boolean {
  return kind === undefined && decision === 'approve'
}
