import { type ReadonlySignal, useComputed } from '@preact/signals'
import { useMemo, useRef } from 'preact/hooks'
import { useFrameValue } from '../browser/frame-value.ts'
import { Segments } from '../controls/segments.tsx'
import { flowNames, modeNames, type Names } from '../words/names.ts'
import { CompareView } from './compare-view.tsx'
import { KeysDialog } from './keys-dialog.tsx'
import { redactorFor, reveal } from './redactor.ts'
import { StepList } from './step-list.tsx'
import { type StoryLine, tellStory } from './story.ts'
import { StoryView } from './story-view.tsx'
import { lanesOf, layOut } from './timeline.ts'
import { TraceTools } from './trace-tools.tsx'
import type { TraceView } from './trace-view.ts'
import { type TracedAnswer, tokenKey, tokensOf } from './traced-answer.ts'

export interface TracePanelProps {
  readonly answers: ReadonlySignal<readonly ReadonlySignal<TracedAnswer>[]>
  /** The answer whose trace is shown. Another one needs another panel (`key`). */
  readonly selected: ReadonlySignal<TracedAnswer>
  readonly view: TraceView
  readonly names: Names
  /** Why a trace has no steps. */
  readonly whyEmpty: string
}

/** How the selected answer came about: every hop and every token, as the agent reported them. */
export function TracePanel({ answers, selected, view, names, whyEmpty }: TracePanelProps) {
  // One by one, so that the trace is not drawn again for every word of the answer.
  const steps = useFrameValue(() => selected.value.steps)
  const running = useComputed(() => selected.value.state === 'running').value
  const turn = useComputed(() => selected.value.turn).value
  const { message, ...asked } = selected.peek().question
  const { mode, flow } = turn ?? asked
  const revealed = view.revealed.value
  const tokenKeys = tokensOf(steps).map(tokenKey).join()
  // What is redacted depends on the tokens and not on every step.
  const redact = useMemo(() => (revealed ? reveal : redactorFor(steps)), [tokenKeys, revealed])
  const timeline = useMemo(() => layOut(steps), [steps])
  const body = useRef<HTMLElement>(null)
  const keys = useRef<HTMLDialogElement>(null)
  const showKeys = () => keys.current?.showModal()
  const context = { names, redact, revealed }

  const seek = ({ token }: StoryLine) => {
    const row = timeline.rows.find(
      ({ step }) => step.token && token && tokenKey(step.token) === tokenKey(token),
    )
    if (row) view.seek(row.number)
  }

  return (
    <>
      <div class="trace-head">
        <h2>Identity Trace</h2>
        <Segments
          legend="View"
          name="view"
          chosen={view.view}
          segments={[
            { value: 'sequence', label: 'Sequence' },
            { value: 'steps', label: 'Steps' },
            { value: 'compare', label: 'Compare' },
          ]}
          onChoose={() => {
            view.keepView()
            body.current?.scrollTo({ top: 0 })
          }}
        />
        <TraceTools steps={steps} redact={redact} view={view} onHelp={showKeys} />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard (WCAG 2.1.1) */}
      <section class="trace-body" aria-label="Trace" tabIndex={0} ref={body}>
        <p class="traced-question">
          <q>{message}</q>
          <span class="note">
            {modeNames[mode]} · {flowNames[flow]}
          </span>
        </p>
        {steps.length === 0 ? (
          <p class="note">{running ? 'Waiting for the first step…' : whyEmpty}</p>
        ) : (
          view.view.value !== 'compare' && (
            <StoryView lines={tellStory(steps, names)} redact={redact} onSeek={seek} />
          )
        )}
        {view.view.value === 'compare' ? (
          <CompareView
            answers={answers.value.map(({ value }) => value)}
            selected={selected.value}
            context={context}
          />
        ) : (
          steps.length > 0 && (
            <StepList
              timeline={timeline}
              lanes={lanesOf(steps, names.actors)}
              running={running}
              view={view}
              context={context}
              onHelp={showKeys}
            />
          )
        )}
      </section>
      <KeysDialog dialog={keys} />
    </>
  )
}
