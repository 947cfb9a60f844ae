import type { Page } from '../page.ts'
import type { LiveExchange } from './conversation.ts'
import { tellStop, tellUnsent } from './tell-unsent.ts'

interface UnsentNoteProps extends Pick<Page, 'conversation'> {
  readonly exchange: LiveExchange
}

/** Why an answer ended, and what became of the calls that were waiting. */
export function UnsentNote({ exchange, conversation }: UnsentNoteProps) {
  const { unsent } = exchange.value
  if (!unsent) return <p class="note">{tellStop(exchange.value)}</p>
  if (unsent === 'unanswered') return <p class="note-card">{tellUnsent(exchange.value)}</p>
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
