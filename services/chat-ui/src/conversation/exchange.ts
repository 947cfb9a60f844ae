import type {
  Actor,
  Flow,
  Mode,
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

/** A question and what came back. Replaced as a whole with every event; nothing in it is ever changed. */
export interface Exchange {
  readonly question: Question
  /** Whose the answer is; `undefined` until that is known. */
  readonly owner: Owner | undefined
  readonly state: 'running' | 'done' | 'failed' | 'stopped'
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
      return { ...exchange, turn: data, clockAheadMs: aheadOfBrowserMs(data) }
    case 'step':
      return { ...exchange, steps: putStep(exchange.steps, data), toolMarks: markTool(exchange, data) }
    case 'delta':
      return { ...exchange, answer: exchange.answer + data.text }
    case 'notice':
      return { ...exchange, notices: [...exchange.notices, data] }
    case 'result':
      return { ...exchange, state: 'done', result: data, answer: data.answer, notices: data.notices }
    case 'pause':
      return { ...exchange, state: 'stopped', answer: data.answer, notices: data.notices }
    case 'problem':
      return failExchange(exchange, data)
  }
}

function aheadOfBrowserMs({ startedAt }: TurnStart): number {
  const aheadMs = Date.parse(startedAt) - Date.now()
  return Number.isNaN(aheadMs) ? 0 : aheadMs
}

export function failExchange(exchange: Exchange, problem: PageProblem): Exchange {
  return { ...exchange, state: 'failed', problem }
}

/** Ends what is still coming in. */
export function stopExchange(exchange: Exchange): Exchange {
  return exchange.state === 'running' ? { ...exchange, state: 'stopped' } : exchange
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
