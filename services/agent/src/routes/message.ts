import { type ChatRequest, chatLimits, countCharacters, type HistoryEntry } from '@entra-agents/trace'
import { problem } from '../problems.ts'

/**
 * Trims the message, and checks it and the history against the limits, in characters (code points).
 *
 * @throws ProblemError INVALID_REQUEST for an empty message, MESSAGE_TOO_LONG for a message or history beyond its limit
 */
export function readMessage(request: ChatRequest): { message: string; history: readonly HistoryEntry[] } {
  const message = request.message.trim()
  if (message === '') throw problem('INVALID_REQUEST', 'The message is empty.')
  requireMaxLength('The message', countCharacters(message), chatLimits.messageCharacters)
  return { message, history: readHistory(request) }
}

/** @throws ProblemError MESSAGE_TOO_LONG */
export function readHistory({ history = [] }: Pick<ChatRequest, 'history'>): readonly HistoryEntry[] {
  const historyCharacters = history.reduce((sum, { text }) => sum + countCharacters(text), 0)
  requireMaxLength('The history', historyCharacters, chatLimits.historyCharacters)
  return history
}

function requireMaxLength(what: string, characters: number, most: number): void {
  if (characters > most) {
    throw problem('MESSAGE_TOO_LONG', `${what} has ${characters} characters; ${most} are allowed.`)
  }
}
