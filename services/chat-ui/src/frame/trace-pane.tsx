import { lazy } from '@entra-agents/trace-view/browser/lazy'
import type { Page } from '../page.ts'

type TracePaneProps = Pick<Page, 'conversation' | 'trace' | 'config' | 'session' | 'names' | 'openSideBySide'>

const paneHead = (
  <div class="pane-head line">
    <h2 class="wide-only">Identity Trace</h2>
  </div>
)
const TracePanel = lazy(
  async () => (await import('@entra-agents/trace-view/trace/trace-panel')).TracePanel,
  paneHead,
)
const TraceIntro = lazy(async () => (await import('./trace-intro.tsx')).TraceIntro)
const NoSteps = lazy(async () => (await import('./trace-intro.tsx')).NoSteps)

/** The Identity Trace or, before the first answer, its introduction. */
export function TracePane(props: TracePaneProps) {
  const { conversation, trace, config, session, names, openSideBySide } = props
  const answer = conversation.selected.value
  if (answer) {
    const { question } = answer.peek()
    return (
      <TracePanel
        key={answer}
        answers={conversation.exchanges}
        selected={answer}
        view={trace}
        config={config}
        names={names}
        whyEmpty={<NoSteps config={config} session={session} flow={question.flow} />}
        {...(conversation.opened.value ? {} : { onSideBySide: openSideBySide })}
      />
    )
  }
  return (
    <>
      {paneHead}
      <div class="scroll">
        <TraceIntro flow={conversation.flow.value} />
      </div>
    </>
  )
}
