import { LazyPopover } from '../controls/lazy-popover.tsx'
import type { ToldPanelProps } from './told-panel.tsx'

const load = async () => (await import('./told-panel.tsx')).ToldPanel

/** Opens what the model is told. */
export function ToldMenu(props: ToldPanelProps) {
  return (
    <LazyPopover
      id="told"
      icon="sheet"
      label="What the model is told"
      load={load}
      props={props}
      class="told"
    />
  )
}
