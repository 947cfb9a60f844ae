import { LazyPopover } from '../controls/lazy-popover.tsx'
import type { ExportPanelProps } from './export-panel.tsx'

const load = async () => (await import('./export-panel.tsx')).ExportPanel

/** Hands an answer or the conversation on as a file, and opens one. */
export function ExportMenu(props: ExportPanelProps) {
  return <LazyPopover id="export" icon="download" label="Export" worded load={load} props={props} />
}
