import { OutcomeMark } from '../identity/verdict-view.tsx'
import { judgeTurn } from '../trace/judge.ts'
import { gatherFacts } from '../trace/turn-facts.ts'
import type { Names } from '../words/names.ts'
import type { Exchange } from './exchange.ts'

/** One line on who called for whom, and whether that was allowed: used if the trace is not beside the answer. */
export function AnswerVerdict({ exchange, names }: { readonly exchange: Exchange; readonly names: Names }) {
  const { steps, question, turn } = exchange
  const { agent, flow } = turn ?? question
  const { headline, outcome } = judgeTurn(gatherFacts(steps, flow, false), names.ofAgent(agent))
  return (
    <p class="note line">
      {headline} <OutcomeMark outcome={outcome} />
    </p>
  )
}
