import type { Exchange } from './exchange.ts'

/** What it means for the calls of a turn that it ended where it waited. Where others ran before, something was changed. */
export function tellUnsent({ unsent, decided = [], steps }: Exchange): string {
  if (unsent === 'unanswered') return 'No answer came. What you approved may have been done.'
  const isDone = decided.some(
    ({ decision, stepId }) =>
      decision === 'approve' && steps.some(({ id, status }) => id === stepId && status === 'ok'),
  )
  if (isDone) return 'The call that still waited was not sent. What you approved before it was done.'
  return unsent === 'expired' ? 'Expired, nothing was changed.' : 'Not sent, nothing was changed.'
}
