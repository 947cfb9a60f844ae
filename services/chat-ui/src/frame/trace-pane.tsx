import { lazy } from '@entra-agents/trace-view/browser/lazy'
import { Popover } from '@entra-agents/trace-view/controls/popover'
import { triesFor } from '../conversation/tries.ts'
import type { Page } from '../page.ts'

const TracePanel = lazy(
  async () => (await import('@entra-agents/trace-view/trace/panel-with-tools')).PanelWithTools,
  <div class="pane-head" />,
)
const SampleView = lazy(async () => (await import('./sample-view.tsx')).SampleView)
const NoSteps = lazy(async () => (await import('./no-steps.tsx')).NoSteps)
const SharePanel = lazy(
  async () => (await import('../report/share-panel.tsx')).SharePanel,
  <p class="note">Loading…</p>,
)

/** The Identity Trace or, before the first answer, a sample of what a try will show. */
export function TracePane(props: Page) {
  const { conversation, trace, config, session, names, openSideBySide, needs, shownTry } = props
  const answer = conversation.selected.value
  if (answer) {
    return (
      <TracePanel
        key={answer}
        answers={conversation.exchanges}
        selected={answer}
        view={trace}
        config={config}
        names={names}
        whyEmpty={<NoSteps config={config} session={session} />}
        share={
          <Popover
            id="share"
            label="Share"
            class="button quiet"
            panelClass="share"
            shortcut="x"
            icon="share"
            button="Share"
          >
            <SharePanel {...props} />
          </Popover>
        }
        {...(conversation.opened.value ? {} : { onSideBySide: openSideBySide })}
        readTools={async asked => {
          const { readInstructions } = await import('./instructions-panel.tsx')
          return (await readInstructions(await needs.identify(asked, false))).tools
        }}
      />
    )
  }
  const tries = triesFor(config, conversation.agent.value, conversation.mode.value)
  const shown = tries[shownTry.value] ?? tries[0]
  return (
    <>
      <h2 class="visually-hidden">Identity Trace</h2>
      <div class="scroll">{shown && <SampleView shown={shown} config={config} session={session} />}</div>
    </>
  )
}
