import type { PublicConfig } from '@entra-agents/trace'
import { type ReadonlySignal, type Signal, useComputed, useSignal } from '@preact/signals'
import type { ComponentChildren, ComponentType } from 'preact'
import { useMemo, useRef } from 'preact/hooks'
import { useFrameValue } from '../browser/frame-value.ts'
import { lazy } from '../browser/lazy.tsx'
import { useMediaQuery } from '../browser/media-query.ts'
import { set } from '../browser/set.ts'
import { Segments } from '../controls/segments.tsx'
import { PhraseView } from '../identity/phrase-view.tsx'
import { OutcomeMark } from '../identity/verdict-view.tsx'
import type { Names } from '../words/names.ts'
import { judgeTurn } from './judge.ts'
import { type ShownTrace, TraceContext, useTrace } from './trace-context.ts'
import type { TraceToolsProps } from './trace-tools.tsx'
import { type TraceView, views } from './trace-view.ts'
import type { TracedAnswer } from './traced-answer.ts'
import { gatherFacts } from './turn-facts.ts'
import { type ReadTools, useCalledTools } from './use-called-tools.ts'
import { VerdictCard } from './verdict-card.tsx'

const CompareView = lazy(async () => (await import('./compare-view.tsx')).CompareView)
const Presenter = lazy(async () => (await import('./presenter.tsx')).Presenter)
// With the exchange, which stands above the steps: if it came later, they would jump.
const StepList = lazy(
  async () => (await Promise.all([import('./step-list.tsx'), import('./exchange.tsx')]))[0].StepList,
)
const StepDrawer = lazy(async () => (await import('./step-drawer.tsx')).StepDrawer)

export interface TracePanelProps {
  readonly answers: ReadonlySignal<readonly ReadonlySignal<TracedAnswer>[]>
  /** The answer whose trace is shown. Each answer needs a panel of its own (`key`). */
  readonly selected: ReadonlySignal<TracedAnswer>
  readonly view: TraceView
  readonly names: Names
  readonly config: Pick<PublicConfig, 'entraLogUrl' | 'traceUrl'> &
    Partial<Pick<PublicConfig, 'agents' | 'blueprintCredential'>>
  /** Shown if a trace has no steps. */
  readonly whyEmpty: ComponentChildren
  /** The button that opens what leaves the page; missing where the trace is only a part of a view. */
  readonly share?: ComponentChildren
  /** Asks the question in two flows or to two agents at once; missing while an opened file is shown. */
  readonly onSideBySide?: () => void
  readonly readTools?: ReadTools
  readonly Tools?: ComponentType<TraceToolsProps>
  /** Whether it is a part of another page, which has room for the trace alone: no presenter, nothing beside the list. */
  readonly isEmbedded?: boolean
}

/** How the selected answer came about: every hop and every token, as the agent reported them. */
export function TracePanel({
  answers,
  selected,
  view,
  names: allNames,
  config,
  whyEmpty,
  share,
  onSideBySide,
  readTools,
  Tools,
  isEmbedded = false,
}: TracePanelProps) {
  // Reads each member of the answer by itself, so that the trace is not rendered again for every word of the answer.
  const steps = useFrameValue(() => selected.value.steps)
  const running = useComputed(() => selected.value.state === 'running').value
  const isFinished = useComputed(() => ['done', 'failed'].includes(selected.value.state)).value
  const turn = useComputed(() => selected.value.turn).value
  const pause = useComputed(() => selected.value.pause).value
  const { question } = selected.peek()
  const { agent = question.agent, flow } = turn ?? question
  const names = allNames.ofAgent(agent)
  const totalMs = useComputed(() => selected.value.result?.timing.totalMs).value
  const facts = useMemo(() => gatherFacts(steps, flow, running, pause), [steps, flow, running, pause])
  const verdict = judgeTurn(facts, names, useCalledTools(selected, agent, facts, view, readTools))
  const isComparing = view.view.value === 'compare'
  const isPast = useSignal(false)
  const body = useRef<HTMLElement>(null)
  const { agents = [], entraLogUrl, traceUrl, blueprintCredential } = config
  const askTwice = agents.flatMap(({ flows }) => flows).length > 1 ? onSideBySide : undefined
  const hasDrawer = useMediaQuery('(min-width: 100rem)') && !isEmbedded
  const clockAheadMs = useComputed(() => selected.value.clockAheadMs ?? 0).value
  const shown: ShownTrace = {
    facts,
    totalMs,
    verdict,
    names,
    view,
    links: { entraLogUrl, traceUrl, turn },
    clockAheadMs,
    credential: names.isReaderUser ? blueprintCredential : undefined,
    known: () => answers.value.flatMap(({ value }) => value.steps),
    hasDrawer,
  }
  // A scrolling region must be reachable by keyboard (WCAG 2.1.1); another page scrolls as a whole.
  const look = isEmbedded
    ? { head: 'line pad under', body: { class: 'trace-body stack gap-4 pad' } }
    : { head: 'pane-head line', body: { class: 'trace-body stack gap-4 scroll', tabIndex: 0 } }
  return (
    <TraceContext.Provider value={shown}>
      <div class={look.head}>
        <h2 class="wide-only t2">Identity Trace</h2>
        <Segments
          legend="View"
          name="view"
          chosen={view.view}
          segments={views}
          onChoose={() => {
            view.keepView()
            body.current?.scrollTo({ top: 0 })
          }}
        />
        {Tools && (
          <Tools
            onPresent={steps.length > 0 ? () => set(view.scene, 1) : undefined}
            onSideBySide={askTwice}
            share={share}
          />
        )}
      </div>
      <VerdictNow isShown={isPast} />
      <section {...look.body} aria-label="Trace" ref={body}>
        {steps.length === 0 ? (
          running ? (
            <p class="note">Waiting for the first step…</p>
          ) : (
            whyEmpty
          )
        ) : (
          <VerdictCard
            isFinished={isFinished}
            isPast={isPast}
            takeUnplayed={() => view.takeUnplayed(selected)}
          />
        )}
        {isComparing ? (
          <CompareView
            answers={answers.value.slice(0, answers.value.indexOf(selected) + 1).map(({ value }) => value)}
            onSideBySide={askTwice}
          />
        ) : (
          steps.length > 0 && <StepList key={view.view.value} />
        )}
      </section>
      {hasDrawer && !isComparing && <StepDrawer />}
      {view.scene.value !== undefined && (
        <Presenter scene={view.scene} turns={[{ answer: selected, names }]} known={shown.known} />
      )}
    </TraceContext.Provider>
  )
}

/** The verdict in one line, while its card is scrolled out of view. For screen readers the card is still there. */
function VerdictNow({ isShown }: { readonly isShown: Signal<boolean> }) {
  const { headline, outcome, answers } = useTrace().verdict
  if (!isShown.value) return null
  const [right, decision] = answers.slice(2)
  return (
    <div class="now relative" aria-hidden="true">
      <p class="line under t2 nowrap">
        <b class="cut t3">{headline}</b>
        <span class="fine wide-only">
          {right?.value} · <PhraseView phrase={decision?.detail ?? []} />
        </span>
        <span class="end">
          <OutcomeMark outcome={outcome} />
        </span>
      </p>
    </div>
  )
}
