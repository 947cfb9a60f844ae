import { set } from '@entra-agents/trace-view/browser/set'
import type { Signal } from '@preact/signals'

export type Pane = 'conversation' | 'trace'

const paneTitles: Readonly<Record<Pane, string>> = {
  conversation: 'Conversation',
  trace: 'Identity Trace',
}

/** Tabs that choose the pane, on screens with room for only one. */
export function Tabs({ shown, badge }: { readonly shown: Signal<Pane>; readonly badge: string }) {
  const panes = Object.keys(paneTitles) as Pane[]
  return (
    <div class="tabs grid under" role="tablist" aria-label="Panes">
      {panes.map(pane => (
        <button
          key={pane}
          type="button"
          role="tab"
          class="soft t2 center"
          id={`tab-${pane}`}
          aria-controls={`pane-${pane}`}
          aria-selected={shown.value === pane}
          tabIndex={shown.value === pane ? 0 : -1}
          onClick={() => set(shown, pane)}
          onKeyDown={({ key, currentTarget }) => {
            if (key !== 'ArrowLeft' && key !== 'ArrowRight') return
            const other = currentTarget.nextElementSibling ?? currentTarget.previousElementSibling
            if (other instanceof HTMLElement) other.focus()
            shown.value = pane === 'trace' ? 'conversation' : 'trace'
          }}
        >
          {paneTitles[pane]}
          {pane === 'trace' && badge && ` ${badge}`}
        </button>
      ))}
    </div>
  )
}
