import { type ReadonlySignal, useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { TracePanel, TracePanelProps } from '../trace/trace-panel.tsx'
import { TokenLegend } from './token-legend.tsx'

interface TracePaneProps extends Omit<TracePanelProps, 'selected'> {
  readonly selected: ReadonlySignal<TracePanelProps['selected'] | undefined>
}

/** The Identity Trace. Its code is loaded when there is a trace to show. */
export function TracePane({ selected, ...rest }: TracePaneProps) {
  const Panel = useSignal<typeof TracePanel | undefined>(undefined)
  const answer = selected.value
  const isNeeded = answer !== undefined
  useEffect(() => {
    if (!isNeeded) return
    void import('../trace/trace-panel.tsx').then(loaded => {
      Panel.value = loaded.TracePanel
    })
  }, [isNeeded, Panel])
  if (answer && Panel.value) return <Panel.value key={answer} selected={answer} {...rest} />
  return <TokenLegend />
}
