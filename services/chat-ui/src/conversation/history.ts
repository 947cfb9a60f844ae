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
    const { question, answer, state, owner } = exchange
    if (state !== 'done' || answer === '' || !ownsAnswer(speaker, owner)) continue
    characters += question.message.length + answer.length
    if (characters > chatLimits.historyCharacters || history.length + 2 > chatLimits.historyEntries) break
    history.unshift({ role: 'user', text: question.message }, { role: 'assistant', text: answer })
  }
  return history
}
