import { readStored, writeStored } from '../browser/stored.ts'
import { type Exchange, stopExchange } from './exchange.ts'
import { isExchange } from './stored-shape.ts'

const key = 'conversation'

/** What a tab keeps over a reload: the newest exchanges. Their steps hold decoded claims, never a token. */
const keptExchanges = 30

/** Browsers give a page some five million characters, and signing in needs some of them. */
const keptCharacters = 1_500_000

/**
 * The exchanges before the reload. One that was being answered then has been stopped by it. A conversation that this
 * version of the page cannot show, for example since another one kept it, is dropped.
 */
export function readExchanges(): readonly Exchange[] {
  const stored = readStored('session', key)
  if (!Array.isArray(stored) || !stored.every(isExchange)) return []
  return stored.map(exchange => (exchange.state === 'running' ? stopExchange(exchange) : exchange))
}

/** Keeps as many of the newest exchanges as there is room for. */
export function keepExchanges(exchanges: readonly Exchange[]): void {
  let kept = newestThatFit(exchanges.slice(-keptExchanges))
  while (!writeStored('session', key, kept) && kept.length > 0) kept = kept.slice(Math.ceil(kept.length / 2))
}

function newestThatFit(exchanges: readonly Exchange[]): readonly Exchange[] {
  let characters = 0
  const tooOld = exchanges.findLastIndex(exchange => {
    characters += JSON.stringify(exchange).length
    return characters > keptCharacters
  })
  return exchanges.slice(tooOld + 1)
}
