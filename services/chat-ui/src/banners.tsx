import { Button } from '@entra-agents/trace-view/controls/button'
import { count, formatMoment } from '@entra-agents/trace-view/words/times'
import { spellOutHidden } from '@entra-agents/trace-view/words/visible-text'
import type { Conversation } from './conversation/conversation.ts'
import type { Page } from './page.ts'

/** Banners ask whether to keep conversations after a sign-out, or say that a file is open or what a link leads to is not here. */
export function Banners({ page }: { readonly page: Page }) {
  return (
    <>
      <SignedOutNotice {...page} />
      <FileBanner conversation={page.conversation} />
      {page.linkMissed.value && (
        <p class="notice">
          <strong>This link leads to an answer of a conversation in another tab</strong>, or of one that has
          been started over. It may be among the earlier conversations.
        </p>
      )}
      {page.linkFault.value && (
        <p class="notice">
          <strong>The trace of this link cannot be shown.</strong> {page.linkFault.value}
        </p>
      )}
    </>
  )
}

/** Asks a user who has signed out whether the conversations on their behalf should be kept. */
function SignedOutNotice({ keptOnSignOut, loadPast }: Pick<Page, 'keptOnSignOut' | 'loadPast'>) {
  const left = keptOnSignOut.value
  const decide = () => {
    keptOnSignOut.value = undefined
    document.getElementById('message')?.focus()
  }
  if (!left) return null
  return (
    <p class="notice line">
      You have signed out. Kept in this browser, and listed only while you are signed in:{' '}
      {count(left.count, 'conversation')} in which the agent acted for you.
      <Button
        onClick={async () => {
          const past = await loadPast()
          past.remove(...past.of(left.objectId))
          decide()
        }}
      >
        Delete
      </Button>
      <Button onClick={decide}>Keep</Button>
    </p>
  )
}

/** The banner above every view of a file or link. This page has not seen what it reports, and repeats it as the file's words. */
export function FileBanner({ conversation }: { readonly conversation: Conversation }) {
  const opened = conversation.opened.value
  if (!opened) return null
  const source = opened.isLink ? 'link' : 'file'
  return (
    <p class="notice line">
      <strong>From a {source}:</strong>
      it says of itself that it was made {formatMoment(new Date(opened.exportedAt))} at “
      {spellOutHidden(opened.from.host)}”. This page did not see it, and sends nothing of it to the agent.
      <Button onClick={() => conversation.closeFile()}>Close the {source}</Button>
    </p>
  )
}
