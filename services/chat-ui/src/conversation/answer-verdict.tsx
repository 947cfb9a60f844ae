import { OutcomeMark } from '@entra-agents/trace-view/identity/verdict-view'
import { judgeTurn } from '@entra-agents/trace-view/trace/judge'
import { factsOf } from '@entra-agents/trace-view/trace/turn-facts'
import type { Names } from '@entra-agents/trace-view/words/names'
import type { Exchange } from './exchange.ts'

/** One line on who called for whom, and whether that was allowed: used if the trace is not beside the answer. */
export function AnswerVerdict({ exchange, names }: { readonly exchange: Exchange; readonly names: Names }) {
  const { agent } = exchange.turn ?? exchange.question
  const { headline, outcome } = judgeTurn(factsOf(exchange), names.ofAgent(agent))
  return (
    <p class="note line">
      {headline} <OutcomeMark outcome={outcome} />
    </p>
  )
}
