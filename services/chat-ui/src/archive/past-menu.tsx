import { LazyPopover } from '../controls/lazy-popover.tsx'
import type { PastPanelProps } from './past-panel.tsx'

const load = async () => (await import('./past-panel.tsx')).PastPanel

/** Opens the list of earlier conversations. */
export function PastMenu(props: PastPanelProps) {
  return <LazyPopover id="past" icon="history" label="Earlier conversations" load={load} props={props} />
}
