import { useSignal } from '@preact/signals'
import { useLoaded } from '../browser/loaded.ts'
import { Icon } from '../controls/icon.tsx'
import type { ExportPanelProps } from './export-panel.tsx'

/** Hands an answer or the conversation on as a file, and opens one. What that takes is loaded with the menu. */
export function ExportMenu(props: ExportPanelProps) {
  const opened = useSignal(false)
  const Panel = useLoaded(loadPanel, opened.value)
  return (
    <>
      <button type="button" class="button quiet" popovertarget="export">
        <Icon name="download" />
        Export
      </button>
      <section
        id="export"
        class="popover export-menu"
        popover="auto"
        aria-label="Export"
        onToggle={() => {
          opened.value = true
        }}
      >
        {Panel ? <Panel {...props} /> : <p class="note">Loading…</p>}
      </section>
    </>
  )
}

async function loadPanel() {
  return (await import('./export-panel.tsx')).ExportPanel
}
