import type {
  Actor,
  AskedCall,
  Decision,
  Flow,
  Mode,
  Pause,
  PauseKind,
  Problem,
  TraceStep,
  TurnEvent,
  TurnResult,
  TurnStart,
} from '@entra-bedrock-agent/identity-trace'
import type { PageProblem } from '../agent/page-problem.ts'
import type { Owner } from './speaker.ts'

/** What a user asked, whom, and how. */
export interface Question {
  readonly message: string
  /** The agent’s name. */
  readonly agent: string
  readonly mode: Mode
  readonly flow: Flow
}

/** The step of a tool, and after how many characters of the answer it was called. */
export interface ToolMark {
  readonly stepId: string
  readonly at: number
}

/** What the user decided about a call that they were asked about, or that they did for it. */
export interface DecidedCall extends Pick<AskedCall, 'title' | 'arguments' | 'stepId'> {
  /** Missing for an approval. Of a consent the title is what was consented to. */
  readonly kind?: Exclude<PauseKind, 'approval'>
  readonly decision: Decision['decision']
}

/**
 * `expired` = its time was over; `left` = something else was done, so that nothing was sent; `unanswered` = it was sent, and
 * nobody knows what came of it.
 */
export type Unsent = 'expired' | 'left' | 'unanswered'

/** A question and what came back. Replaced as a whole with every event; nothing in it is ever changed. */
export interface Exchange {
  readonly question: Question
  /** Whose the answer is; `undefined` until that is known. */
  readonly owner: Owner | undefined
  readonly state: 'running' | 'waiting' | 'done' | 'failed' | 'stopped'
  /** What the agent itself said about the turn; what is printed on the answer comes from here. */
  readonly turn: TurnStart | undefined
  /** How far the agent's clock was ahead of the browser's when the turn started. */
  readonly clockAheadMs?: number
  readonly answer: string
  /** Where in the answer tools were called. */
  readonly toolMarks: readonly ToolMark[]
  readonly steps: readonly TraceStep[]
  readonly notices: readonly Problem[]
  readonly result: TurnResult | undefined
  readonly problem: PageProblem | undefined
  /** What it waits for. It is never kept: over a reload nothing waits. */
  readonly pause?: Pause
  /** What was decided about that, where no answer came: an approved call may have been made. */
  readonly sent?: readonly Decision[]
  /** What had been said when the answer last went on. */
  readonly before?: string
  /** How long it took until it last waited. */
  readonly earlier?: TurnResult['timing']
  readonly decided?: readonly DecidedCall[]
  /** How a wait ended without an answer. */
  readonly unsent?: Unsent
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
      // For a turn that goes on, these have not changed.
      return exchange.turn ? exchange : { ...exchange, turn: data, clockAheadMs: aheadOfBrowserMs(data) }
    case 'step':
      return { ...exchange, steps: putStep(exchange.steps, data), toolMarks: markTool(exchange, data) }
    case 'delta':
      return { ...exchange, answer: joinAnswer(exchange, exchange.answer) + data.text }
    case 'notice':
      return { ...exchange, notices: [...exchange.notices, data] }
    case 'result':
      return { ...end(exchange, data), state: 'done', result: withEarlier(exchange, data) }
    case 'pause':
      return { ...end(exchange, data), state: 'waiting', pause: withEarlier(exchange, data) }
    case 'problem':
      return failExchange(exchange, data)
  }
}

function end(exchange: Exchange, { answer, notices }: Pick<TurnResult, 'answer' | 'notices'>): Exchange {
  const { before } = exchange
  const whole = before === undefined ? answer : answer === '' ? before : joinAnswer(exchange, before) + answer
  return { ...exchange, answer: whole, notices }
}

/** A part of a turn with the time that the parts before its wait took. */
function withEarlier<Part extends Pick<TurnResult, 'timing'>>({ earlier }: Exchange, part: Part): Part {
  if (!earlier) return part
  const { firstTokenMs, totalMs } = earlier
  return { ...part, timing: { firstTokenMs, totalMs: totalMs + part.timing.totalMs } }
}

/** What is said after a wait begins a paragraph of its own. */
function joinAnswer({ before }: Exchange, answer: string): string {
  return before && answer === before ? `${before}\n\n` : answer
}

/** What the user decides about a call. */
export type Decide = (call: AskedCall) => Decision['decision']

/** The exchange as it goes on after its user has decided about the calls that it waits with. */
export function goOn({ pause, sent: _sent, ...exchange }: Exchange, decide: Decide): Exchange {
  const calls = pause?.kind === 'approval' ? pause.calls : []
  const now = calls.map(
    (call): DecidedCall => ({
      title: call.title,
      arguments: call.arguments,
      stepId: call.stepId,
      decision: decide(call),
    }),
  )
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

/** The exchange once its user has consented or confirmed who they are, or does not want to. */
export function noteDone(exchange: Exchange, { kind, calls, consent }: Pause, decide: Decide): Exchange {
  const [call] = calls
  if (!call || kind === 'approval') return exchange
  const title = consent?.scopes.map(({ value }) => value).join(', ') ?? ''
  const done: DecidedCall = { kind, title, arguments: {}, stepId: call.stepId, decision: decide(call) }
  return { ...exchange, decided: [...(exchange.decided ?? []), done] }
}

function aheadOfBrowserMs({ startedAt }: TurnStart): number {
  const aheadMs = Date.parse(startedAt) - Date.now()
  return Number.isNaN(aheadMs) ? 0 : aheadMs
}

export function failExchange(exchange: Exchange, problem: PageProblem): Exchange {
  return { ...exchange, state: 'failed', problem }
}

/** Ends what came in, or waited, when the page was left. */
export function cutOff(exchange: Exchange): Exchange {
  return { ...stopExchange(exchange), ...(exchange.state === 'running' && { isCutOff: true }) }
}

/** Ends what is still coming in, and what waits. */
export function stopExchange(exchange: Exchange): Exchange {
  return exchange.state === 'running' ? { ...exchange, state: 'stopped' } : dropPause(exchange, 'left')
}

/** Ends what waits: its calls are not sent, unless they were already. */
export function dropPause({ pause, sent, ...exchange }: Exchange, unsent: Unsent): Exchange {
  return pause ? { ...exchange, state: 'stopped', unsent: sent ? 'unanswered' : unsent } : exchange
}

function markTool({ toolMarks, answer }: Exchange, { id, kind }: TraceStep): readonly ToolMark[] {
  const isKnown = kind !== 'tool' || toolMarks.some(({ stepId }) => stepId === id)
  return isKnown ? toolMarks : [...toolMarks, { stepId: id, at: answer.length }]
}

function putStep(steps: readonly TraceStep[], step: TraceStep): TraceStep[] {
  const known = steps.some(({ id }) => id === step.id)
  return known ? steps.map(old => (old.id === step.id ? step : old)) : [...steps, step]
}

/** Where an API says that its data come from (`source` in its response), for each API that was called. */
export function sourcesOf(steps: readonly TraceStep[]): { readonly api: Actor; readonly source: string }[] {
  const sources = new Map<string, { api: Actor; source: string }>()
  for (const { kind, to, response } of steps) {
    const body = response?.body
    if (kind !== 'api-call' || typeof body !== 'object' || body === null || !('source' in body)) continue
    if (typeof body.source === 'string') sources.set(`${to} ${body.source}`, { api: to, source: body.source })
  }
  return [...sources.values()]
}
