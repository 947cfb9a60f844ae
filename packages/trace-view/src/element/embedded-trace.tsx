import '../styles/tokens.css'
import '../styles/base.css'
import '../styles/layout.css'
import type { TraceStep } from '@entra-agents/trace'
import { type ReadonlySignal, useComputed, useSignal } from '@preact/signals'
import { useMemo } from 'preact/hooks'
import { actsAsOf, clientOf, flowActing } from '../trace/read-token.ts'
import { TracePanel } from '../trace/trace-panel.tsx'
import { TraceView } from '../trace/trace-view.ts'
import type { TracedAnswer } from '../trace/traced-answer.ts'
import { describeNames, type NamedInConfig } from '../words/names.ts'
import { count } from '../words/times.ts'
import { readSteps } from './read-steps.ts'

interface EmbeddedTraceProps {
  readonly trace: ReadonlySignal<unknown>
  readonly config: ReadonlySignal<NamedInConfig>
  readonly isRevealed: ReadonlySignal<boolean>
}

/** The trace of one turn in another page, which knows nothing but its steps. */
export function EmbeddedTrace({ trace, config, isRevealed }: EmbeddedTraceProps) {
  const view = useMemo(() => new TraceView(false), [])
  const read = useComputed(() => readSteps(trace.value, isRevealed.value))
  const selected = useComputed(() => answerOf(read.value.steps, config.value))
  const answers = useSignal([selected])
  const described = useComputed(() => describeNames(config.value, false)).value
  const { leftOut } = read.value
  return (
    <div class="apart">
      <div class="trace-page paper" lang="en" dir="ltr">
        <TracePanel
          answers={answers}
          selected={selected}
          view={view}
          names={described}
          config={{}}
          whyEmpty={<p class="note">No steps.</p>}
          isEmbedded
        />
        {leftOut > 0 && (
          <p class="note pad">
            Left out, since they are no steps that this version knows: {count(leftOut, 'member')}.
          </p>
        )}
      </div>
    </div>
  )
}

/** What the steps tell of the turn that the page itself would know. */
function answerOf(steps: readonly TraceStep[], { agents }: NamedInConfig): TracedAnswer {
  const cards = steps.flatMap(({ token }) => token ?? [])
  const resource = cards.findLast(({ role }) => role === 'TR')
  const hasUser = cards.some(({ role }) => role === 'Tc')
  const flow = flowActing(resource ? actsAsOf(resource) : hasUser ? 'user' : 'agent')
  const clientId = resource && clientOf(resource)
  const agent = agents.find(known => known.clientId === clientId) ?? agents[0]
  const has = (wanted: TraceStep['status']) => steps.some(({ status }) => status === wanted)
  return {
    question: { message: '', agent: agent?.name ?? '', mode: 'direct', flow },
    state: has('waiting') ? 'waiting' : has('running') ? 'running' : 'done',
    turn: undefined,
    steps,
    ...(has('waiting') && { pause: {} }),
  }
}
