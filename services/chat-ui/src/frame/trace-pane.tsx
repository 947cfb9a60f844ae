import { lazy } from '@entra-agents/trace-view/browser/lazy'
import { Icon } from '@entra-agents/trace-view/controls/icon'
import { Popover } from '@entra-agents/trace-view/controls/popover'
import type { Page } from '../page.ts'

type TracePaneProps = Pick<
  Page,
  'conversation' | 'trace' | 'config' | 'session' | 'status' | 'names' | 'openSideBySide' | 'identify'
>

const TracePanel = lazy(
  async () => (await import('@entra-agents/trace-view/trace/trace-panel')).TracePanel,
  <div class="pane-head" />,
)
const TraceIntro = lazy(async () => (await import('./trace-intro.tsx')).TraceIntro)
const NoSteps = lazy(async () => (await import('./trace-intro.tsx')).NoSteps)
const SharePanel = lazy(
  async () => (await import('../report/share-panel.tsx')).SharePanel,
  <p class="note">Loading…</p>,
)

/** The Identity Trace or, before the first answer, its introduction. */
export function TracePane(props: TracePaneProps) {
  const { conversation, trace, config, session, names, openSideBySide, identify } = props
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
        share={
          <Popover
            id="share"
            label="Share"
            class="button quiet"
            panelClass="share"
            shortcut="x"
            button={
              <>
                <Icon name="share" />
                Share
              </>
            }
          >
            <SharePanel {...props} />
          </Popover>
        }
        {...(conversation.opened.value ? {} : { onSideBySide: openSideBySide })}
        readTools={async asked => {
          const { readInstructions } = await import('./instructions-panel.tsx')
          return (await readInstructions(await identify(asked, false))).tools
        }}
      />
    )
  }
  return (
    <>
      <h2 class="visually-hidden">Identity Trace</h2>
      <div class="scroll">
        <TraceIntro flow={conversation.flow.value} />
      </div>
    </>
  )
}
