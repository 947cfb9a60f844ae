import type { Flow } from '@entra-bedrock-agent/identity-trace'
import { type ReadonlySignal, useComputed } from '@preact/signals'
import { useLoaded } from '../browser/loaded.ts'
import type { TracePanelProps } from '../trace/trace-panel.tsx'
import type { NoStepsProps } from './no-steps.tsx'

interface TracePaneProps
  extends Omit<TracePanelProps, 'selected' | 'whyEmpty'>,
    Pick<NoStepsProps, 'session'> {
  readonly selected: ReadonlySignal<TracePanelProps['selected'] | undefined>
  /** The flow of the next question. */
  readonly flow: ReadonlySignal<Flow>
}

const loadPanel = async () => (await import('../trace/trace-panel.tsx')).TracePanel
const loadIntro = async () => (await import('./trace-intro.tsx')).TraceIntro
const loadNoSteps = async () => (await import('./no-steps.tsx')).NoSteps

/** The Identity Trace, or what it will show. The code of either is loaded when it is needed. */
export function TracePane({ selected, flow, session, ...rest }: TracePaneProps) {
  const answer = selected.value
  const isEmpty = useComputed(() => selected.value?.value.steps.length === 0).value
  const Panel = useLoaded(loadPanel, answer !== undefined)
  const Intro = useLoaded(loadIntro, !answer)
  const NoSteps = useLoaded(loadNoSteps, isEmpty)
  if (answer && Panel) {
    const { config } = rest
    const whyEmpty = NoSteps && (
      <NoSteps config={config} session={session} flow={answer.peek().question.flow} />
    )
    return <Panel key={answer} selected={answer} whyEmpty={whyEmpty} {...rest} />
  }
  return (
    <>
      <div class="pane-head line">
        <h2 class="wide-only">Identity Trace</h2>
      </div>
      {!answer && Intro && (
        <div class="scroll">
          <Intro flow={flow.value} />
        </div>
      )}
    </>
  )
}
