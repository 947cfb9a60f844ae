import {
  type AskedCall,
  type Decision,
  type Pause,
  type PauseKind,
  type Problem,
  putStep,
  type Sentence,
  type TraceStep,
  type TurnEvent,
  type TurnResult,
  type TurnStart,
} from '@entra-agents/trace'
import type { TracedAnswer } from '@entra-agents/trace-view/trace/traced-answer'
import type { PageProblem } from '../agent/page-problem.ts'
import type { Owner } from './speaker.ts'

/** What a user asked, which agent, and in which mode and flow. */
export type Question = TracedAnswer['question']

/** The step of a tool, and after how many characters of the answer it was called. */
export interface ToolMark {
  readonly stepId: string
  readonly at: number
}

/** The user's decision about a call, or their consent or step-up for it. */
export interface DecidedCall extends Pick<AskedCall, 'title' | 'stepId'> {
  /** Absent for an approval. For a consent, `title` names the scopes. */
  readonly kind?: Exclude<PauseKind, 'approval'>
  /** Of an approval; missing if an earlier version of the page kept the decision. */
  readonly sentence?: Sentence
  readonly decision: Decision['decision']
  /** When the user decided, by the agent’s clock; missing if an earlier version of the page kept the decision. */
  readonly at?: string
}

/**
 * How a wait ended: its time was over (`expired`), the user did something else, so that nothing was sent (`left`), or the
 * decision was sent and its outcome is unknown (`unanswered`).
 */
export type UnsentReason = 'expired' | 'left' | 'unanswered'

/** A question and its answer. Immutable: every event makes a new one. */
export interface Exchange extends TracedAnswer {
  /** The owner of the answer; `undefined` until the owner is known. */
  readonly owner: Owner | undefined
  readonly answer: string
  /** Where in the answer tools were called. */
  readonly toolMarks: readonly ToolMark[]
  readonly notices: readonly Problem[]
  readonly result: TurnResult | undefined
  readonly problem: PageProblem | undefined
  /** What the turn waits for. A pause is never kept: after a reload no turn waits. */
  readonly pause?: Pause
  /** Decisions that the agent has not answered since the page sent them: approved calls may have been made. */
  readonly sent?: readonly Decision[]
  /** The answer's text at the time when the turn was last continued. */
  readonly before?: string
  /** The time that the turn took until it last waited. */
  readonly earlier?: TurnResult['timing']
  readonly decided?: readonly DecidedCall[]
  /** How a wait ended if the turn did not continue. */
  readonly unsent?: UnsentReason
  /** The page was left while the answer came in. */
  readonly isCutOff?: true
}

export function startExchange(question: Question): Exchange {
  return {
    question,
    owner: undefined,
    state: 'running',
    turn: undefined,
    answer: '',
    toolMarks: [],
    steps: [],
    notices: [],
    result: undefined,
    problem: undefined,
  }
}

/** The exchange after one more event of its turn. */
export function applyEvent(exchange: Exchange, { event, data }: TurnEvent): Exchange {
  switch (event) {
    case 'turn':
      // A continued turn repeats the data of its first event unchanged.
      return exchange.turn ? exchange : { ...exchange, turn: data, clockAheadMs: aheadOfBrowserMs(data) }
    case 'step':
      return { ...exchange, steps: withStep(exchange.steps, data), toolMarks: markTool(exchange, data) }
    case 'delta':
      return { ...exchange, answer: joinAnswer(exchange, exchange.answer) + data.text }
    case 'notice':
      return { ...exchange, notices: [...exchange.notices, data] }
    case 'result':
      return { ...endPart(exchange, data), state: 'done', result: withEarlierTime(exchange, data) }
    case 'pause':
      return { ...endPart(exchange, data), state: 'waiting', pause: withEarlierTime(exchange, data) }
    case 'problem':
      return failExchange(exchange, data)
  }
}

function endPart(exchange: Exchange, { answer, notices }: Pick<TurnResult, 'answer' | 'notices'>): Exchange {
  const { before } = exchange
  const whole = before === undefined ? answer : answer === '' ? before : joinAnswer(exchange, before) + answer
  return { ...exchange, answer: whole, notices }
}

/** A part of a turn, with a total time that includes the parts before the wait. */
function withEarlierTime<Part extends Pick<TurnResult, 'timing'>>({ earlier }: Exchange, part: Part): Part {
  if (!earlier) return part
  const { firstTokenMs, totalMs } = earlier
  return { ...part, timing: { firstTokenMs, totalMs: totalMs + part.timing.totalMs } }
}

/** The text after a wait begins a new paragraph. */
function joinAnswer({ before }: Exchange, answer: string): string {
  return before && answer === before ? `${before}\n\n` : answer
}

export type Decide = (call: AskedCall) => Decision['decision']

/** The exchange as it continues after its user has decided about its calls. */
export function continueExchange({ pause, sent: _sent, ...exchange }: Exchange, decide: Decide): Exchange {
  const calls = pause?.kind === 'approval' ? pause.calls : []
  const now = calls.map((call): DecidedCall => {
    const { title, sentence, stepId } = call
    return { title, sentence, stepId, decision: decide(call), at: agentTime(exchange) }
  })
  const decided = [...(exchange.decided ?? []), ...now]
  const earlier = pause?.timing
  return {
    ...exchange,
    state: 'running',
    problem: undefined,
    before: exchange.answer,
    decided,
    ...(earlier && { earlier }),
  }
}

/** Notes in the exchange that its user has consented, has signed in more strongly or has declined. */
export function noteDecision(exchange: Exchange, { kind, calls, consent }: Pause, decide: Decide): Exchange {
  const [call] = calls
  if (!call || kind === 'approval') return exchange
  const title = consent?.scopes.map(({ value }) => value).join(', ') ?? ''
  const { stepId } = call
  const done: DecidedCall = { kind, title, stepId, decision: decide(call), at: agentTime(exchange) }
  return { ...exchange, decided: [...(exchange.decided ?? []), done] }
}

function agentTime({ clockAheadMs = 0 }: Exchange): string {
  return new Date(Date.now() + clockAheadMs).toISOString()
}

function aheadOfBrowserMs({ startedAt }: TurnStart): number {
  const aheadMs = Date.parse(startedAt) - Date.now()
  return Number.isNaN(aheadMs) ? 0 : aheadMs
}

export function failExchange(exchange: Exchange, problem: PageProblem): Exchange {
  return { ...exchange, state: 'failed', problem }
}

/** Ends an exchange whose answer was coming in, or whose turn was waiting, when the page was left. */
export function cutOffExchange(exchange: Exchange): Exchange {
  return { ...stopExchange(exchange), ...(exchange.state === 'running' && { isCutOff: true }) }
}

/** Ends an exchange whose answer is coming in or whose turn waits. */
export function stopExchange(exchange: Exchange): Exchange {
  return exchange.state === 'running' ? { ...exchange, state: 'stopped' } : dropPause(exchange, 'left')
}

/** Ends an exchange whose turn waits: for the reason `unsent`, or as `unanswered` if decisions were sent already. */
export function dropPause({ pause, sent, ...exchange }: Exchange, unsent: UnsentReason): Exchange {
  return pause ? { ...exchange, state: 'stopped', unsent: sent ? 'unanswered' : unsent } : exchange
}

function markTool({ toolMarks, answer }: Exchange, { id, kind }: TraceStep): readonly ToolMark[] {
  const isKnown = kind !== 'tool' || toolMarks.some(({ stepId }) => stepId === id)
  return isKnown ? toolMarks : [...toolMarks, { stepId: id, at: answer.length }]
}

function withStep(steps: readonly TraceStep[], step: TraceStep): TraceStep[] {
  const all = new Map(steps.map(one => [one.id, one]))
  putStep(all, step)
  return [...all.values()]
}
