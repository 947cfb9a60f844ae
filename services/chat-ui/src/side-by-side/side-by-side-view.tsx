import type { PublicConfig } from '@entra-agents/trace'
import { Icon } from '@entra-agents/trace-view/controls/icon'
import { FormulaView } from '@entra-agents/trace-view/identity/formula-view'
import { OutcomeMark } from '@entra-agents/trace-view/identity/verdict-view'
import { judgeTurn } from '@entra-agents/trace-view/trace/judge'
import { TracePanel } from '@entra-agents/trace-view/trace/trace-panel'
import type { TraceView } from '@entra-agents/trace-view/trace/trace-view'
import { gatherFacts, type TurnFacts } from '@entra-agents/trace-view/trace/turn-facts'
import { writeFormulas } from '@entra-agents/trace-view/trace/write-formula'
import { flowWords } from '@entra-agents/trace-view/words/flows'
import { capitalise, type Names } from '@entra-agents/trace-view/words/names'
import { formatDuration } from '@entra-agents/trace-view/words/times'
import { tellUsage } from '@entra-agents/trace-view/words/usage'
import { useComputed, useSignal } from '@preact/signals'
import { agentNamed } from '../agent/documents.ts'
import type { Conversation, LiveExchange } from '../conversation/conversation.ts'
import type { Question } from '../conversation/exchange.ts'
import { ProblemNote } from '../conversation/problem-note.tsx'
import { Markdown } from '../markdown/markdown.tsx'
import type { Session } from '../sign-in/session.ts'
import { Difference } from './difference.tsx'
import type { SideBySide } from './side-by-side.ts'
import './side-by-side.css'

interface SideBySideProps {
  readonly pair: SideBySide
  readonly config: PublicConfig
  readonly session: Session
  readonly names: Names
  readonly view: TraceView
  readonly onClose: () => void
}

/** Two answers, and between them the differences of the agent’s tokens. */
export function SideBySideView({ pair, config, session, names, view, onClose }: SideBySideProps) {
  const traced = useSignal<Conversation | undefined>(undefined)
  const answers = useComputed(() => pair.sides.flatMap(side => side.selected.value ?? []))
  const sides = pair.sides.map(side => {
    const answer = side.selected.value?.value
    const facts = gatherFacts(
      answer?.steps ?? [],
      side.flow.value,
      answer?.state === 'running',
      answer?.pause,
    )
    return { side, facts, names: names.ofAgent(side.agent.value) }
  })
  const ofTwoAgents = pair.sides[0].agent.value !== pair.sides[1].agent.value
  const shown = traced.value?.selected.value
  return (
    <main class="side-by-side">
      <div class="pane-head line">
        <button
          type="button"
          class="button quiet"
          onClick={() => {
            if (traced.value) traced.value = undefined
            else onClose()
          }}
        >
          <Icon name="left" />
          {traced.value ? 'Side by side' : 'Conversation'}
        </button>
        <h2>Side by side</h2>
        <p>
          “<bdi>{pair.message}</bdi>”
        </p>
        <button type="button" class="button end" onClick={() => pair.askBoth()}>
          <Icon name="retry" />
          Ask both again
        </button>
      </div>
      {shown ? (
        <section class="pane trace">
          <TracePanel
            key={shown}
            answers={answers}
            selected={shown}
            view={view}
            names={names}
            config={config}
            whyEmpty="No step was taken for this question."
          />
        </section>
      ) : (
        <div class="sides scroll">
          {sides.map(({ side, facts, names: sideNames }, index) => (
            <Side
              key={side}
              side={side}
              label={index === 0 ? 'Left' : 'Right'}
              title={ofTwoAgents ? capitalise(sideNames.agent) : flowWords[side.flow.value].label}
              facts={facts}
              config={config}
              session={session}
              names={sideNames}
              onChange={asked => pair.change(side, asked)}
              onTrace={() => {
                traced.value = side
              }}
            />
          ))}
          <Difference sides={sides} />
        </div>
      )}
    </main>
  )
}

interface SideProps {
  readonly side: Conversation
  readonly label: string
  /** What distinguishes this side from the other one. */
  readonly title: string
  readonly facts: TurnFacts
  readonly config: PublicConfig
  readonly session: Session
  readonly names: Names
  readonly onChange: (asked: Pick<Question, 'agent' | 'flow'>) => void
  readonly onTrace: () => void
}

function Side({ side, label, title, facts, config, session, names, onChange, onTrace }: SideProps) {
  const answer = side.selected.value
  const agent = side.agent.value
  const flow = side.flow.value
  const hasChoice = config.agents.length > 1
  const flows = agentNamed(config, agent)?.flows ?? []
  const formulas = writeFormulas(facts, names)
  return (
    <section
      class="card side stack"
      aria-label={`${label}: ${hasChoice ? `${names.agent}, ` : ''}${flowWords[flow].label}`}
    >
      <div class="line">
        {hasChoice && (
          <SideMenu
            label={`Agent on the ${label.toLowerCase()}`}
            chosen={agent}
            options={config.agents.map(({ name, title }) => ({ value: name, title }))}
            onChoose={chosen => {
              const { name, flows: offered } = agentNamed(config, chosen) ?? { name: agent, flows }
              onChange({ agent: name, flow: offered.includes(flow) ? flow : (offered[0] ?? flow) })
            }}
          />
        )}
        <SideMenu
          label={`Flow on the ${label.toLowerCase()}`}
          chosen={flow}
          options={flows.map(value => ({ value, title: flowWords[value].label }))}
          onChoose={chosen => onChange({ agent, flow: flows.find(name => name === chosen) ?? flow })}
        />
      </div>
      <div class="verdict-line line">
        <h3>{title}</h3>
        <OutcomeMark outcome={judgeTurn(facts, names).outcome} />
      </div>
      {formulas.map((formula, index) => (
        <FormulaView key={formula.result.card?.fingerprint ?? index} formula={formula} />
      ))}
      {answer && <SideAnswer answer={answer} side={side} session={session} config={config} names={names} />}
      <button type="button" class="button quiet" onClick={onTrace}>
        <Icon name="trace" />
        Open this trace
      </button>
    </section>
  )
}

interface SideMenuProps {
  readonly label: string
  readonly chosen: string
  readonly options: readonly { readonly value: string; readonly title: string }[]
  readonly onChoose: (value: string) => void
}

function SideMenu({ label, chosen, options, onChoose }: SideMenuProps) {
  return (
    <select
      class="field"
      aria-label={label}
      value={chosen}
      onChange={({ currentTarget }) => onChoose(currentTarget.value)}
    >
      {options.map(({ value, title }) => (
        <option key={value} value={value}>
          {title}
        </option>
      ))}
    </select>
  )
}

interface SideAnswerProps {
  readonly answer: LiveExchange
  readonly side: Conversation
  readonly session: Session
  readonly config: PublicConfig
  readonly names: Names
}

function SideAnswer({ answer, side, session, config, names }: SideAnswerProps) {
  const { answer: text, problem, result, state, pause } = answer.value
  return (
    <div class="side-answer stack" aria-live="polite" aria-busy={state === 'running'}>
      {problem && (
        <ProblemNote
          exchange={answer}
          problem={problem}
          conversation={side}
          session={session}
          config={config}
          names={names}
        />
      )}
      {text && (
        <div class="answer-text stack">
          <Markdown text={text} />
        </div>
      )}
      {pause && (
        <p class="note-card" data-kind="wait">
          This call waits for you. Here it is only looked at: nothing is sent. To decide about it, ask the
          question in the conversation.
        </p>
      )}
      {result && <p class="note">{tellUsage(result.usage, formatDuration(result.timing.totalMs))}</p>}
    </div>
  )
}
