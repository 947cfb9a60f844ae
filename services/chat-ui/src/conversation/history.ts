import { chatLimits, type HistoryEntry } from '@entra-agents/trace'
import type { Exchange } from './exchange.ts'
import { ownsAnswer, type Speaker } from './speaker.ts'

/**
 * The earlier turns that are sent along with a question: whole, answered exchanges, the newest that fit into the limits.
 * An answer is sent along only with questions of the same agent, flow and user.
 */
export function historyFor(exchanges: readonly Exchange[], speaker: Speaker): HistoryEntry[] {
  const history: HistoryEntry[] = []
  let characters = 0
  for (const exchange of exchanges.toReversed()) {
    if (!isAnswered(exchange) || !ownsAnswer(speaker, exchange.owner)) continue
    characters += exchange.question.message.length + exchange.answer.length
    if (characters > chatLimits.historyCharacters || history.length + 2 > chatLimits.historyEntries) break
    history.unshift(
      { role: 'user', text: exchange.question.message },
      { role: 'assistant', text: exchange.answer },
    )
  }
  return history
}

function isAnswered(exchange: Exchange): boolean {
  return exchange.state === 'done' && exchange.answer !== ''
}
