import type { PublicConfig } from '@entra-agents/trace'
import { lazy } from '@entra-agents/trace-view/browser/lazy'
import { set } from '@entra-agents/trace-view/browser/set'
import { Button } from '@entra-agents/trace-view/controls/button'
import { Popover } from '@entra-agents/trace-view/controls/popover'
import { Select } from '@entra-agents/trace-view/controls/select'
import { FormulaView } from '@entra-agents/trace-view/identity/formula-view'
import { OutcomeMark } from '@entra-agents/trace-view/identity/verdict-view'
import { judgeTurn } from '@entra-agents/trace-view/trace/judge'
import { EntraLink } from '@entra-agents/trace-view/trace/log-links'
import { PanelWithTools } from '@entra-agents/trace-view/trace/panel-with-tools'
import { Presenter } from '@entra-agents/trace-view/trace/presenter'
import type { TraceView } from '@entra-agents/trace-view/trace/trace-view'
import { factsOf, lastTokenRequest } from '@entra-agents/trace-view/trace/turn-facts'
import { writeFormulas } from '@entra-agents/trace-view/trace/write-formula'
import { flowWords } from '@entra-agents/trace-view/words/flows'
import { capitalise } from '@entra-agents/trace-view/words/names'
import { formatDuration } from '@entra-agents/trace-view/words/times'
import { tellUsage } from '@entra-agents/trace-view/words/usage'
import { spellOutHidden } from '@entra-agents/trace-view/words/visible-text'
import { useComputed, useSignal } from '@preact/signals'
import { useMemo } from 'preact/hooks'
import { agentNamed } from '../agent/documents.ts'
import { AnswerText } from '../conversation/answer-text.tsx'
import type { Conversation, LiveExchange } from '../conversation/conversation.ts'
import { PausedTurn, UnsentNote } from '../conversation/exchange-view.tsx'
import { ProblemNote } from '../conversation/problem-note.tsx'
import type { Page } from '../page.ts'
import { Difference, type SideFacts } from './difference.tsx'
import type { SideBySide } from './side-by-side.ts'
import { tellEnd } from './tell-end.ts'

interface SideBySideProps extends Pick<Page, 'config' | 'session' | 'names' | 'status'> {
  readonly pair: SideBySide
  readonly view: TraceView
  readonly onClose: () => void
}

const SharePanel = lazy(async () => (await import('../report/share-panel.tsx')).SharePanel)

/** Two answers, and between them the differences of the agent’s tokens. */
export function SideBySideView({ pair, config, session, names, view, status, onClose }: SideBySideProps) {
  const traced = useSignal<Conversation | undefined>(undefined)
  const answers = useComputed(() => pair.sides.flatMap(side => side.selected.value ?? []))
  const gather = ({ selected }: Conversation): AskedSide | undefined => {
    const answer = selected.value
    if (!answer) return undefined
    const ofAgent = names.ofAgent(answer.value.question.agent)
    return { answer, facts: factsOf(answer.value), names: ofAgent, end: tellEnd(answer.value, ofAgent) }
  }
  const [left, right] = [gather(pair.sides[0]), gather(pair.sides[1])]
  const isOneAgent = left?.names.agent === right?.names.agent
  const shown = traced.value?.selected.value
  return (
    <main class="side-by-side paper">
      <div class="pane-head line">
        <Button
          class="button quiet"
          onClick={() => {
            if (traced.value) traced.value = undefined
            else onClose()
          }}
          icon="left"
        >
          {traced.value ? 'Side by side' : 'Conversation'}
        </Button>
        {!shown && <h2 class="t2">Side by side</h2>}
        <p class={pair.isAsked ? 'cut t2' : 't2'}>
          “<bdi>{spellOutHidden(pair.message)}</bdi>”
        </p>
        {!shown && (
          <div class="end row">
            <Button
              class={pair.isAsked ? 'button' : 'button primary'}
              onClick={() => pair.askBoth()}
              icon={pair.isAsked ? 'retry' : 'send'}
            >
              {pair.isAsked ? 'Ask both again' : 'Ask both'}
            </Button>
            {left && right && (
              <>
                <Button class="button quiet" onClick={() => set(view.scene, 1)} icon="expand">
                  Present
                </Button>
                <Popover
                  id="share"
                  label="Share"
                  class="button quiet"
                  panelClass="share"
                  icon="share"
                  button="Share"
                >
                  <SharedPair pair={pair} config={config} status={status} session={session} />
                </Popover>
              </>
            )}
          </div>
        )}
      </div>
      {shown ? (
        <section class="pane trace relative paper">
          <PanelWithTools
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
        <div class="sides scroll grid gap-4">
          {([left, right] as const).map((asked, index) => {
            const side = pair.sides[index === 0 ? 0 : 1]
            return (
              <section key={index} class="card side stack gap-4" aria-label={index === 0 ? 'Left' : 'Right'}>
                <Pickers side={side} which={index === 0 ? 'left' : 'right'} config={config} />
                {asked && (
                  <AnsweredSide
                    {...asked}
                    side={side}
                    title={isOneAgent ? flowWords[asked.facts.flow].label : asked.names.agent}
                    config={config}
                    session={session}
                    onTrace={() => set(traced, side)}
                  />
                )}
              </section>
            )
          })}
          <Difference sides={left && right && [left, right]} />
          {left && right && (
            <Presenter
              scene={view.scene}
              known={() => [left, right].flatMap(({ answer }) => answer.value.steps)}
              turns={[left, right]}
            />
          )}
        </div>
      )}
    </main>
  )
}

/** What can leave the page, as of the moment when it is opened. */
function SharedPair({ pair, ...rest }: Pick<SideBySideProps, 'pair' | 'config' | 'status' | 'session'>) {
  const conversation = useMemo(() => pair.asConversation(), [pair])
  return <SharePanel conversation={conversation} {...rest} />
}

/** A side that was asked: by whom and how is what its question says, whatever its pickers say by now. */
interface AskedSide extends SideFacts {
  readonly answer: LiveExchange
}

interface PickersProps {
  readonly side: Conversation
  readonly which: string
  readonly config: PublicConfig
}

function Pickers({ side: { agent, flow }, which, config }: PickersProps) {
  const flows = agentNamed(config, agent.value)?.flows ?? []
  return (
    <div class="line">
      {config.agents.length > 1 && (
        <Select
          label={`Agent on the ${which}`}
          chosen={agent.value}
          options={config.agents.map(({ name, title }) => ({ value: name, label: title }))}
          onChoose={chosen => {
            const offered = agentNamed(config, chosen)?.flows ?? flows
            agent.value = chosen
            if (!offered.includes(flow.value)) flow.value = offered[0] ?? flow.value
          }}
        />
      )}
      <Select
        label={`Flow on the ${which}`}
        chosen={flow.value}
        options={flows.map(value => ({ value, label: flowWords[value].label }))}
        onChoose={chosen => set(flow, chosen)}
      />
    </div>
  )
}

interface AnsweredSideProps extends AskedSide, Pick<Page, 'config' | 'session'> {
  readonly side: Conversation
  /** What distinguishes this side from the other one. */
  readonly title: string
  readonly onTrace: () => void
}

function AnsweredSide({ answer, facts, names, end, side, title, ...rest }: AnsweredSideProps) {
  const { config, session, onTrace } = rest
  const { problem, notices, result, state, pause, turn } = answer.value
  const links = { entraLogUrl: config.entraLogUrl, traceUrl: config.traceUrl, turn }
  return (
    <>
      <div class="verdict-line line pad">
        <h3 class="headline t4">{capitalise(title)}</h3>
        <OutcomeMark outcome={end?.outcome ?? judgeTurn(facts, names).outcome} />
      </div>
      {end && <p class="t2">{end.how}</p>}
      {pause && (
        <PausedTurn
          exchange={answer}
          pause={pause}
          conversation={side}
          session={session}
          config={config}
          names={names}
        />
      )}
      {writeFormulas(facts, names).map((formula, index) => (
        <FormulaView
          key={formula.result.card?.fingerprint ?? index}
          formula={formula}
          link={<EntraLink links={links} request={lastTokenRequest(facts)} />}
        />
      ))}
      <div class="stack t2" aria-live="polite" aria-busy={state === 'running'}>
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
        <AnswerText exchange={answer} running={state === 'running'} names={names} onShow={onTrace} />
        {state === 'stopped' && <UnsentNote exchange={answer} conversation={side} />}
        {notices.map(({ code, title, hint }) => (
          <p key={code} class="notice">
            <strong>Note: {title}</strong> {hint} <code>{code}</code>
          </p>
        ))}
        {result && <p class="note">{tellUsage(result.usage, formatDuration(result.timing.totalMs))}</p>}
      </div>
      <Button class="button quiet start" icon="trace" onClick={onTrace}>
        Open this trace
      </Button>
    </>
  )
}
