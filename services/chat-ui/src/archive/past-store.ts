import { readStored, removeStored, storedKeys, writeStored } from '@entra-agents/trace-view/browser/stored'
import { isKeptExchanges } from '../conversation/is-kept.ts'
import type { KeptExchanges } from '../conversation/kept.ts'

/** A conversation as this browser keeps it after its tab is closed: its text and its traces without personal data. */
export interface PastConversation {
  /** ISO 8601. */
  readonly savedAt: string
  /** A hash of the user on whose behalf the conversation was held, if any: only this user sees it listed. */
  readonly owner: string | undefined
  readonly title: string
  readonly kept: KeptExchanges
}

const keyPrefix = 'past-conversation.'
const mostConversations = 50
/** Limit of all conversations together, in characters. Browsers give a page some five million. */
const mostStoredCharacters = 2_000_000

/** All kept conversations, newest first, without those that this version of the page cannot show. */
export function readPastConversations(): readonly PastConversation[] {
  return pastConversationKeys()
    .map(key => readStored('local', key))
    .filter(isPastConversation)
    .sort((one, other) => (one.savedAt < other.savedAt ? 1 : -1))
}

export function isPastConversationKept(id: string): boolean {
  return readStored('local', keyPrefix + id) !== undefined
}

/** Keeps a conversation, and removes the oldest ones if it needs their room; `false` if there is no room even then. */
export function writePastConversation(one: PastConversation): boolean {
  const others = readPastConversations().filter(({ kept }) => kept.id !== one.kept.id)
  let characters = JSON.stringify(one).length
  const tooMany = others.findIndex((other, index) => {
    characters += JSON.stringify(other).length
    return characters > mostStoredCharacters || index + 1 >= mostConversations
  })
  if (tooMany >= 0) for (const { kept } of others.splice(tooMany)) removePastConversation(kept.id)
  while (!writeStored('local', keyPrefix + one.kept.id, one)) {
    const oldest = others.pop()
    if (!oldest) return false
    removePastConversation(oldest.kept.id)
  }
  return true
}

export function removePastConversation(id: string): void {
  removeStored('local', keyPrefix + id)
}

/** Removes everybody's conversations, including those that cannot be shown. */
export function removeAllPastConversations(): void {
  for (const key of pastConversationKeys()) removeStored('local', key)
}

function pastConversationKeys(): readonly string[] {
  return storedKeys('local')?.filter(key => key.startsWith(keyPrefix)) ?? []
}

function isPastConversation(value: unknown): value is PastConversation {
  const { savedAt, owner, title, kept } = Object(value) as Record<string, unknown>
  const isText = [savedAt, title].every(text => typeof text === 'string')
  return isText && ['string', 'undefined'].includes(typeof owner) && isKeptExchanges(kept)
}
