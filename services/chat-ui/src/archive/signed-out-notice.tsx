import { count } from '@entra-agents/trace-view/words/times'
import type { Page } from '../page.ts'

/** Asks a user who has signed out whether the conversations on their behalf should be kept. */
export function SignedOutNotice({ keptOnSignOut, loadPast }: Pick<Page, 'keptOnSignOut' | 'loadPast'>) {
  const left = keptOnSignOut.value
  const decide = () => {
    keptOnSignOut.value = undefined
    document.getElementById('message')?.focus()
  }
  if (!left) return null
  return (
    <p class="notice line">
      You have signed out. Kept in this browser, and listed only while you are signed in:{' '}
      {count(left.count, 'conversation')} on your behalf.
      <button
        type="button"
        class="button"
        onClick={async () => {
          const past = await loadPast()
          past.remove(...past.of(left.objectId))
          decide()
        }}
      >
        Delete
      </button>
      <button type="button" class="button" onClick={decide}>
        Keep
      </button>
    </p>
  )
}
