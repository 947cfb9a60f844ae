import { useSignal } from '@preact/signals'
import { useLoaded } from '../browser/loaded.ts'
import { Icon } from '../controls/icon.tsx'
import type { PastPanelProps } from './past-panel.tsx'

/** The way to earlier conversations. What they take is loaded with the menu. */
export function PastMenu(props: PastPanelProps) {
  const opened = useSignal(0)
  const Panel = useLoaded(loadPanel, opened.value > 0)
  return (
    <>
      <button
        type="button"
        class="icon-button"
        aria-label="Earlier conversations"
        title="Earlier conversations"
        popovertarget="past"
      >
        <Icon name="history" />
      </button>
      <section
        id="past"
        class="popover past-menu"
        popover="auto"
        aria-label="Earlier conversations"
        onToggle={() => {
          opened.value += 1
        }}
      >
        {Panel ? <Panel key={opened.value} {...props} /> : <p class="note">Loading…</p>}
      </section>
    </>
  )
}

async function loadPanel() {
  return (await import('./past-panel.tsx')).PastPanel
}
