import type { Conversation, LiveExchange } from './conversation.ts'
import type { Exchange } from './exchange.ts'

interface UnsentNoteProps {
  readonly exchange: LiveExchange
  readonly conversation: Conversation
}

/** Why an answer ended, and what that means for the calls that it waited with. */
export function UnsentNote({ exchange, conversation }: UnsentNoteProps) {
  if (!exchange.value.unsent) return <p class="note">{tellStop(exchange.value)}</p>
  return (
    <div class="note-card stack">
      <p>{tellUnsent(exchange.value)}</p>
      {!conversation.opened.value && (
        <div class="acts line">
          <button type="button" class="button" onClick={() => void conversation.retry(exchange)}>
            Ask again
          </button>
        </div>
      )}
    </div>
  )
}

/** Where calls ran before in the same turn, something was changed. */
function tellUnsent({ unsent, decided = [], steps }: Exchange): string {
  const isDone = decided.some(
    ({ decision, stepId }) =>
      decision === 'approve' && steps.some(({ id, status }) => id === stepId && status === 'ok'),
  )
  if (isDone) return 'The call that still waited was not sent. What you approved before it was done.'
  return unsent === 'expired' ? 'Expired, nothing was changed.' : 'Not sent, nothing was changed.'
}

function tellStop({ decided = [] }: Exchange): string {
  const hasApproved = decided.some(({ decision }) => decision === 'approve')
  return hasApproved
    ? 'This answer was stopped. What you approved may have been done.'
    : 'This answer was stopped.'
}
