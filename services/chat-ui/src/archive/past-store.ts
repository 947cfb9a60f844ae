import { readStored, removeStored, storedKeys, writeStored } from '../browser/stored.ts'
import type { KeptExchanges } from '../conversation/kept.ts'
import { isKeptExchanges } from '../conversation/stored-shape.ts'

/** A conversation as this browser keeps it after its tab is closed: its text and its traces without personal data. */
export interface PastConversation {
  readonly id: string
  /** Changes with every write, so that a tab notices another tab's changes. */
  readonly revision: string
  /** ISO 8601. */
  readonly savedAt: string
  /** The user on whose behalf the conversation was held, if any: only this user sees it listed. */
  readonly owner: string | undefined
  readonly title: string
  readonly kept: KeptExchanges
}

const prefix = 'past-conversation.'
const mostConversations = 50
/** Limit of all conversations together, in characters. Browsers give a page some five million. */
const mostCharacters = 2_000_000

/** All kept conversations, newest first, without those that this version of the page cannot show. */
export function readPast(): readonly PastConversation[] {
  return pastKeys()
    .map(key => readStored('local', key))
    .filter(isPast)
    .sort((one, other) => (one.savedAt < other.savedAt ? 1 : -1))
}

export function readOne(id: string): PastConversation | undefined {
  const stored = readStored('local', prefix + id)
  return isPast(stored) ? stored : undefined
}

/** Keeps a conversation, if necessary in place of the oldest others; `false` if there is no room at all. */
export function writePast(one: PastConversation): boolean {
  const others = readPast().filter(({ id }) => id !== one.id)
  let characters = JSON.stringify(one).length
  const tooMany = others.findIndex((other, index) => {
    characters += JSON.stringify(other).length
    return characters > mostCharacters || index + 1 >= mostConversations
  })
  if (tooMany >= 0) for (const { id } of others.splice(tooMany)) removePast(id)
  while (!writeStored('local', prefix + one.id, one)) {
    const oldest = others.pop()
    if (!oldest) return false
    removePast(oldest.id)
  }
  return true
}

export function removePast(id: string): void {
  removeStored('local', prefix + id)
}

/** Removes everybody's conversations, including those that cannot be shown. */
export function removeAllPast(): void {
  for (const key of pastKeys()) removeStored('local', key)
}

function pastKeys(): readonly string[] {
  return storedKeys('local')?.filter(key => key.startsWith(prefix)) ?? []
}

function isPast(value: unknown): value is PastConversation {
  const { id, revision, savedAt, owner, title, kept } = Object(value) as Record<string, unknown>
  const isText = [id, revision, savedAt, title].every(text => typeof text === 'string')
  return isText && ['string', 'undefined'].includes(typeof owner) && isKeptExchanges(kept)
}
