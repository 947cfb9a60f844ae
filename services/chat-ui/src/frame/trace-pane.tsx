import type { Flow } from '@entra-bedrock-agent/identity-trace'
import type { ReadonlySignal } from '@preact/signals'
import { useLoaded } from '../browser/loaded.ts'
import type { TracePanelProps } from '../trace/trace-panel.tsx'

interface TracePaneProps extends Omit<TracePanelProps, 'selected'> {
  readonly selected: ReadonlySignal<TracePanelProps['selected'] | undefined>
  /** The flow of the next question. */
  readonly flow: ReadonlySignal<Flow>
}

const loadPanel = async () => (await import('../trace/trace-panel.tsx')).TracePanel
const loadIntro = async () => (await import('./trace-intro.tsx')).TraceIntro

/** The Identity Trace, or what it will show. The code of either is loaded when it is needed. */
export function TracePane({ selected, flow, ...rest }: TracePaneProps) {
  const answer = selected.value
  const Panel = useLoaded(loadPanel, answer !== undefined)
  const Intro = useLoaded(loadIntro, answer === undefined)
  if (answer && Panel) return <Panel key={answer} selected={answer} {...rest} />
  return (
    <>
      <div class="pane-head line">
        <h2 class="wide-only">Identity Trace</h2>
      </div>
      {!answer && Intro && <Intro flow={flow.value} />}
    </>
  )
}
