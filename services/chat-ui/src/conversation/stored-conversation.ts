import { readStored, writeStored } from '@entra-agents/trace-view/browser/stored'
import { cutOffExchange, type Exchange } from './exchange.ts'
import { type KeptExchanges, shownExchanges, toKept } from './kept.ts'

const conversationKey = 'conversation'

/** How many of the newest exchanges a tab keeps over a reload. Their steps hold decoded claims, never a token. */
const mostExchanges = 30

/** Limit of a kept conversation, as JSON. Browsers give a page some five million characters, and sign-in needs some of them. */
const mostConversationCharacters = 1_500_000

/**
 * The conversation before the reload. An answer that was coming in is cut off. A conversation that this version of the page
 * cannot show, for example because another version kept it, is dropped.
 */
export async function readConversation(): Promise<KeptExchanges | undefined> {
  const stored = readStored('session', conversationKey)
  if (stored === undefined) return undefined
  const { isKeptExchanges } = await import('./is-kept.ts')
  if (!isKeptExchanges(stored)) return undefined
  return { ...stored, exchanges: stored.exchanges.map(cutOffExchange) }
}

/** Keeps the whole conversation or, if there is no room for it, as many of the newest shown exchanges as fit. */
export function storeConversation(kept: KeptExchanges): void {
  const isSmall = newestThatFit(kept.exchanges).length === kept.exchanges.length
  if (isSmall && writeStored('session', conversationKey, kept)) return
  const shown = shownExchanges(kept)
  let newest = newestThatFit(shown)
  const left = () => kept.left + shown.length - newest.length
  while (!writeStored('session', conversationKey, toKept(newest, left(), kept.id))) {
    if (newest.length === 0) return
    newest = newest.slice(Math.ceil(newest.length / 2))
  }
}

function newestThatFit(exchanges: readonly Exchange[]): readonly Exchange[] {
  let characters = 0
  const tooOld = exchanges.findLastIndex((exchange, index) => {
    characters += JSON.stringify(exchange).length
    return characters > mostConversationCharacters || index < exchanges.length - mostExchanges
  })
  return exchanges.slice(tooOld + 1)
}
