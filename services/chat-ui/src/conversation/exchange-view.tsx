import type { Pause, TurnResult } from '@entra-agents/trace'
import { lazy } from '@entra-agents/trace-view/browser/lazy'
import { narrowQuery, useMediaQuery } from '@entra-agents/trace-view/browser/media-query'
import { useNow } from '@entra-agents/trace-view/browser/now'
import { toggle } from '@entra-agents/trace-view/browser/set'
import { Button } from '@entra-agents/trace-view/controls/button'
import { CopyButton } from '@entra-agents/trace-view/controls/copy-button'
import { Icon } from '@entra-agents/trace-view/controls/icon'
import { IconButton } from '@entra-agents/trace-view/controls/icon-button'
import { flowWords } from '@entra-agents/trace-view/words/flows'
import { capitalise, modeNames, type Names } from '@entra-agents/trace-view/words/names'
import { toReader } from '@entra-agents/trace-view/words/reader'
import { formatDuration } from '@entra-agents/trace-view/words/times'
import { tellUsage } from '@entra-agents/trace-view/words/usage'
import { spellOutDirections } from '@entra-agents/trace-view/words/visible-text'
import { useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import type { Page } from '../page.ts'
import { AnswerText } from './answer-text.tsx'
import type { LiveExchange } from './conversation.ts'
import type { Exchange } from './exchange.ts'
import { ProblemNote } from './problem-note.tsx'
import { sourcesOf } from './sources.ts'
import { tellStop, tellUnsent } from './tell-unsent.ts'

/** The card is loaded with the pause, not on a click: browsers let a page open a window only during the click itself. */
const PauseCard = lazy(
  async () => (await import('../pause/pause-card.tsx')).PauseCard,
  <p class="progress">Waits for you…</p>,
)
const AnswerVerdict = lazy(async () => (await import('./answer-verdict.tsx')).AnswerVerdict)

export interface ExchangeProps extends Pick<Page, 'conversation' | 'session' | 'config' | 'names'> {
  readonly exchange: LiveExchange
  /** Shows the trace of an answer, at a step if one is given. */
  readonly onTrace: (exchange: LiveExchange, stepId?: string) => void
}

/** One question and its answer, with its mode and flow as the agent reported them, not as the page requested them. */
export function ExchangeView(props: ExchangeProps) {
  const { exchange, conversation, names } = props
  const { question, state, problem, answer, toolMarks, steps, notices, pause, decided = [] } = exchange.value
  const isNarrow = useMediaQuery(narrowQuery)
  const selected = conversation.selected.value === exchange
  const fromFile = conversation.opened.value !== undefined
  const hasText = answer !== '' || toolMarks.length > 0 || decided.length > 0 || (problem && steps.length > 0)
  return (
    <article
      class="exchange stack gap-5"
      aria-label={questionStart(question.message)}
      data-selected={selected}
    >
      <div class="question row">
        <QuestionText message={question.message} asker={names.actor('user')} />
        {!fromFile && (
          <IconButton icon="edit" label="Edit the question" onClick={() => conversation.edit(exchange)} />
        )}
      </div>
      <div class="answer stack gap-2" data-state={state}>
        <AnswerLabels exchange={exchange.value} names={names} />
        {hasText && (
          <AnswerText
            exchange={exchange}
            running={state === 'running'}
            names={names}
            onShow={stepId => props.onTrace(exchange, stepId)}
          />
        )}
        {state === 'running' && <Progress words={answer ? 'Answering…' : 'Working…'} />}
        {state === 'stopped' && <UnsentNote exchange={exchange} conversation={conversation} />}
        {pause && <PausedTurn {...props} pause={pause} />}
        {notices.map((notice, index) => (
          <p key={index} class="notice">
            <strong>Note: {notice.title}</strong> {notice.hint} <code>{notice.code}</code>
          </p>
        ))}
        {problem && fromFile && (
          <p class="note-card stack" data-kind="failed">
            <strong>{problem.title}</strong> {problem.detail} {problem.hint} <code>{problem.code}</code>
          </p>
        )}
        {problem && !fromFile && !pause && (
          <ProblemNote {...props} problem={problem} onEdit={() => conversation.edit(exchange)} />
        )}
        {isNarrow && state === 'done' && steps.length > 0 && (
          <AnswerVerdict exchange={exchange.value} names={names} />
        )}
        <AnswerFooter {...props} selected={selected} />
      </div>
    </article>
  )
}

/** That an answer is coming, and for how long it has been. */
function Progress({ words }: { readonly words: string }) {
  const now = useNow(100).value
  const start = useRef(now)
  return (
    <p class="fine line">
      {words} <span class="end nums">{((now - start.current) / 1000).toFixed(1)} s</span>
    </p>
  )
}

interface PausedTurnProps extends Omit<ExchangeProps, 'onTrace'> {
  readonly pause: Pause
}

/** The card of a turn that waits; the turn goes on as its user decides. */
export function PausedTurn({ exchange, conversation, pause, ...props }: PausedTurnProps) {
  return (
    <PauseCard
      {...props}
      {...exchange.value}
      key={pause.continuation}
      pause={pause}
      messages={conversation.exchanges.value.map(({ value }) => value.question.message)}
      names={props.names.ofAgent(exchange.value.question.agent)}
      onDecide={async decide => {
        await conversation.decide(exchange, decide)
        return exchange.value.pause
      }}
      onExpire={() => conversation.expire(exchange, tellUnsent)}
    />
  )
}

/** Why an answer ended, and what became of the calls that were waiting. */
export function UnsentNote({ exchange, conversation }: Pick<ExchangeProps, 'exchange' | 'conversation'>) {
  const { unsent } = exchange.value
  if (!unsent) return <p class="note">{tellStop(exchange.value)}</p>
  return (
    <div class="note-card stack">
      <p>{tellUnsent(exchange.value)}</p>
      {unsent !== 'unanswered' && !conversation.opened.value && (
        <div class="acts line gap-2">
          <Button onClick={() => void conversation.retry(exchange)}>Ask again</Button>
        </div>
      )}
    </div>
  )
}

/** A long question is cut off after a few lines until the user expands it. */
function QuestionText({ message, asker }: { readonly message: string; readonly asker: string }) {
  const whole = useSignal(false)
  const isLong = message.length > 600 || message.split('\n').length > 10
  return (
    <div class="question-text grid">
      <p class="said">
        <span class="visually-hidden">{asker} asked: </span>
        <span class="question-words" dir="auto" data-cut={isLong && !whole.value}>
          {spellOutDirections(message)}
        </span>
      </p>
      {isLong && (
        <Button class="link note" aria-expanded={whole.value} onClick={() => toggle(whole)}>
          {whole.value ? 'Show less' : 'Show all'}
          <span class="visually-hidden"> of the question</span>
        </Button>
      )}
    </div>
  )
}

/** The first 80 characters of a question, by which screen readers name it. */
function questionStart(message: string): string {
  const characters = [...message]
  return characters.length > 80 ? `${characters.slice(0, 80).join('')}…` : message
}

/** Who answers, for whom and with which model; what APIs name as the source of their data. */
function AnswerLabels({ exchange, names }: { readonly exchange: Exchange; readonly names: Names }) {
  const { turn } = exchange
  if (!turn) return null
  const asWhom = toReader(flowWords[turn.flow].asWhom, names)
  return (
    <p class="who note line">
      <span>
        <b class="ink">{capitalise(names.ofAgent(turn.agent).agent)}</b> {asWhom} · {modeNames[turn.mode]}
      </span>
      {turn.model && (
        <span class="fine">
          {turn.model} {names.isEmulated('bedrock') && <span class="emulated-mark">emulated</span>}
        </span>
      )}
      {sourcesOf(exchange.steps).map(({ api, source }) => (
        <span key={`${api} ${source}`} class="fine">
          {names.actor(api)}: {source}
        </span>
      ))}
    </p>
  )
}

function AnswerFooter(props: ExchangeProps & { readonly selected: boolean }) {
  const { exchange, conversation, onTrace, selected } = props
  const { question, answer, result, pause, state } = exchange.value
  if (state === 'running' || (pause && selected)) return null
  return (
    <div class="answer-footer line">
      <Button
        class="button quiet"
        aria-pressed={selected}
        aria-label={`Show the trace of “${questionStart(question.message)}”`}
        onClick={() => onTrace(exchange)}
        icon="trace"
      >
        Trace
      </Button>
      {answer && <CopyButton label="Copy the answer" text={() => answer} />}
      {state !== 'failed' && !pause && !conversation.opened.value && (
        <IconButton
          icon="retry"
          label="Ask again; this attempt is kept"
          onClick={() => void conversation.retry(exchange)}
        />
      )}
      <AttemptButtons exchange={exchange} conversation={conversation} />
      {result && <span class="timing fine end">{tellTokensAndTime(result)}</span>}
    </div>
  )
}

/** Buttons to the other attempts at the same place of the conversation. */
function AttemptButtons({ exchange, conversation }: Pick<ExchangeProps, 'exchange' | 'conversation'>) {
  const { number, total } = conversation.attemptOf(exchange)
  if (total < 2) return null
  const way = (by: -1 | 1, label: string, isLast: boolean) => (
    <button
      type="button"
      class="icon-button"
      aria-label={label}
      aria-disabled={isLast}
      data-by={by}
      onClick={() => {
        conversation.showAttempt(exchange, by)
        // The other attempt is rendered with buttons of its own; the focus moves to the same button there.
        const sameButton = `.exchange[data-selected=true] .attempts [data-by="${by}"]`
        requestAnimationFrame(() => document.querySelector<HTMLElement>(sameButton)?.focus())
      }}
    >
      <Icon name={by < 0 ? 'left' : 'chevron'} />
    </button>
  )
  return (
    <span class="attempts row note">
      {way(-1, 'Earlier attempt', number === 1)}
      {number} of {total}
      {way(1, 'Later attempt', number === total)}
    </span>
  )
}

/** Tokens and time of an answer. The time to the first token is given only with a model: otherwise all text comes at once. */
function tellTokensAndTime({ model, timing, usage }: TurnResult): string {
  const { firstTokenMs, totalMs } = timing
  const total = formatDuration(totalMs)
  return tellUsage(usage, model === null ? total : `first word ${formatDuration(firstTokenMs)} · ${total}`)
}
