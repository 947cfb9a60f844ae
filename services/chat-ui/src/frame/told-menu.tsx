import { useSignal } from '@preact/signals'
import { useLoaded } from '../browser/loaded.ts'
import { Icon } from '../controls/icon.tsx'
import type { ToldPanelProps } from './told-panel.tsx'

const label = 'What the model is told'

/** The way to what the model is told. What that takes is loaded with the menu. */
export function ToldMenu(props: ToldPanelProps) {
  const opened = useSignal(0)
  const Panel = useLoaded(loadPanel, opened.value > 0)
  return (
    <>
      <button type="button" class="icon-button" aria-label={label} title={label} popovertarget="told">
        <Icon name="sheet" />
      </button>
      <section
        id="told"
        class="popover told"
        popover="auto"
        aria-label={label}
        onToggle={({ newState }) => {
          if (newState === 'open') opened.value += 1
        }}
      >
        <h2>{label}</h2>
        {Panel ? <Panel key={opened.value} {...props} /> : <p class="note">Loading…</p>}
      </section>
    </>
  )
}

async function loadPanel() {
  return (await import('./told-panel.tsx')).ToldPanel
}
