import { TracePanel, type TracePanelProps } from './trace-panel.tsx'
import { TraceTools } from './trace-tools.tsx'

/** The panel of a page that has room for the tools. They come with the panel, so that nothing moves and no key is missed. */
export function PanelWithTools(props: TracePanelProps) {
  return <TracePanel {...props} Tools={TraceTools} />
}
