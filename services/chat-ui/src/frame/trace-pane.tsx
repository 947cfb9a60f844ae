import type { Flow } from '@entra-bedrock-agent/identity-trace'
import type { ReadonlySignal } from '@preact/signals'
import { lazy } from '../browser/lazy.tsx'
import type { Page } from '../page.ts'
import type { TracePanelProps } from '../trace/trace-panel.tsx'

interface TracePaneProps extends Omit<TracePanelProps, 'selected' | 'whyEmpty'>, Pick<Page, 'session'> {
  readonly selected: ReadonlySignal<TracePanelProps['selected'] | undefined>
  /** The flow of the next question. */
  readonly flow: ReadonlySignal<Flow>
}

const head = (
  <div class="pane-head line">
    <h2 class="wide-only">Identity Trace</h2>
  </div>
)
const TracePanel = lazy(async () => (await import('../trace/trace-panel.tsx')).TracePanel, head)
const TraceIntro = lazy(async () => (await import('./trace-intro.tsx')).TraceIntro)
const NoSteps = lazy(async () => (await import('./trace-intro.tsx')).NoSteps)

/** The Identity Trace, or what it will show. */
export function TracePane({ selected, flow, session, ...rest }: TracePaneProps) {
  const answer = selected.value
  if (answer) {
    const { question } = answer.peek()
    const whyEmpty = <NoSteps config={rest.config} session={session} flow={question.flow} />
    return <TracePanel key={answer} selected={answer} whyEmpty={whyEmpty} {...rest} />
  }
  return (
    <>
      {head}
      <div class="scroll">
        <TraceIntro flow={flow.value} />
      </div>
    </>
  )
}
