import { readStored, writeStored } from '../browser/stored.ts'
import { type Exchange, stopExchange } from './exchange.ts'

const key = 'conversation'

/** What a tab keeps over a reload: the newest exchanges. Their steps hold decoded claims, never a token. */
const keptExchanges = 30

/** The exchanges before the reload. One that was being answered then has been stopped by it. */
export function readExchanges(): readonly Exchange[] {
  const stored = readStored('session', key)
  if (!Array.isArray(stored)) return []
  return (stored as Exchange[]).map(exchange =>
    exchange.state === 'running' ? stopExchange(exchange) : exchange,
  )
}

/** Keeps as many of the newest exchanges as there is room for. */
export function keepExchanges(exchanges: readonly Exchange[]): void {
  let kept = exchanges.slice(-keptExchanges)
  while (!writeStored('session', key, kept) && kept.length > 0) kept = kept.slice(Math.ceil(kept.length / 2))
}
