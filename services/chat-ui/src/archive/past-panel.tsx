import { useLoaded } from '@entra-agents/trace-view/browser/lazy'
import { set } from '@entra-agents/trace-view/browser/set'
import { Button } from '@entra-agents/trace-view/controls/button'
import { IconButton } from '@entra-agents/trace-view/controls/icon-button'
import { closePopovers } from '@entra-agents/trace-view/controls/popover'
import { type Names, untitledAgent } from '@entra-agents/trace-view/words/names'
import { count, formatMoment } from '@entra-agents/trace-view/words/times'
import { useSignal } from '@preact/signals'
import { shownExchanges } from '../conversation/kept.ts'
import type { Page } from '../page.ts'
import type { PastConversations } from './past-conversations.ts'
import type { PastConversation } from './past-store.ts'

/** The earlier conversations that this browser keeps for the present user, and how to delete them. */
export function ArchivePanel({ session, loadPast, names }: Pick<Page, 'session' | 'loadPast' | 'names'>) {
  const past = useLoaded(loadPast)
  const query = useSignal('')
  if (!past) return null
  past.changes.value
  const wanted = query.value.trim().toLowerCase()
  const all = past.list(session.account.value?.objectId)
  const shown = all.filter(({ title }) => title.toLowerCase().includes(wanted))
  return (
    <>
      <h2 class="t3">Earlier conversations</h2>
      <p class="note">
        Kept in this browser only: what was said, and the traces without personal data. Never a token.
        {session.available &&
          ' Those in which the agent acts for you are listed only while you are signed in.'}
      </p>
      {past.noRoom.value && (
        <p class="note">
          This conversation is not kept: the browser has no room, or lets this page keep nothing.
        </p>
      )}
      {all.length > 8 && (
        <input
          type="search"
          aria-label="Search earlier conversations"
          placeholder="Search"
          value={query.value}
          onInput={event => set(query, event.currentTarget.value)}
        />
      )}
      {shown.length === 0 ? (
        <p>{all.length === 0 ? 'There are none.' : 'None has these words in its first question.'}</p>
      ) : (
        <ul class="past-list">
          {shown.map(one => (
            <PastConversationRow key={one.kept.id} one={one} past={past} names={names} />
          ))}
        </ul>
      )}
      <label class="row gap-2 toggle t2">
        <input
          type="checkbox"
          checked={past.keepsNothing.value}
          onChange={event => past.keepNothing(event.currentTarget.checked)}
        />
        Keep nothing, and delete what is kept
      </label>
      <Button class="button start" onClick={() => past.removeAll()}>
        Delete all, of everybody who uses this browser
      </Button>
    </>
  )
}

interface PastConversationRowProps {
  readonly one: PastConversation
  readonly past: PastConversations
  readonly names: Names
}

function PastConversationRow({ one, past, names }: PastConversationRowProps) {
  const isHere = past.isCurrent(one)
  const agent = names.ofAgent(one.kept.exchanges[0]?.question.agent).actor('agent')
  const about = [
    formatMoment(new Date(one.savedAt)),
    ...(agent === untitledAgent ? [] : [agent]),
    count(shownExchanges(one.kept).length, 'question'),
    ...(one.owner === undefined ? [] : ['for you']),
    ...(isHere ? ['shown now'] : []),
  ]
  return (
    <li class="grid">
      <button
        type="button"
        class="menu-row grid wide pad-2"
        aria-current={isHere}
        onClick={() => {
          if (!isHere) past.show(one)
          closePopovers()
          document.getElementById('message')?.focus()
        }}
      >
        <strong dir="auto">{one.title}</strong>
        <span class="soft">{about.join(' · ')}</span>
      </button>
      <IconButton icon="close" label={`Delete “${one.title}”`} onClick={() => past.remove(one)} />
    </li>
  )
}
