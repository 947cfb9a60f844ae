import type { BlueprintCredential, TraceStep, TurnStart } from '@entra-agents/trace'
import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { Verdict } from '../identity/verdict.ts'
import type { Names } from '../words/names.ts'
import type { TraceView } from './trace-view.ts'
import type { TurnFacts } from './turn-facts.ts'

/** Where a turn is found elsewhere, as this page's configuration says; a file that is shown has no say in it. */
export interface LogLinks {
  readonly entraLogUrl: string | undefined
  readonly traceUrl: string | undefined
  readonly turn: TurnStart | undefined
}

/** The trace of one answer: what all parts of its panel are drawn from. */
export interface ShownTrace {
  readonly facts: TurnFacts
  /** How long the turn took. */
  readonly totalMs: number | undefined
  readonly verdict: Verdict
  readonly names: Names
  readonly view: TraceView
  readonly links: LogLinks
  /** How far the agent's clock was ahead of the browser's. */
  readonly clockAheadMs: number
  /** The configured credential of the blueprint; left out for readers to whom the trace was handed on. */
  readonly credential: BlueprintCredential | undefined
  /** The steps of all answers. A question can name a user whom only another answer’s token reveals. */
  readonly known: () => readonly TraceStep[]
  /** Whether there is room for the details of a step beside the list. */
  readonly hasDrawer: boolean
}

export const TraceContext = createContext<ShownTrace | undefined>(undefined)

export function useTrace(): ShownTrace {
  const trace = useContext(TraceContext)
  if (!trace) throw new Error('Only parts of a trace panel show a trace.')
  return trace
}
