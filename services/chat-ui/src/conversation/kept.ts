import type { NamedInConfig } from '@entra-agents/trace-view/words/names'
import type { Exchange } from './exchange.ts'

/** A conversation as it is kept: all exchanges, what each of them followed, and which are shown. */
export interface KeptExchanges {
  /** Of the conversation, in all tabs that show it. */
  readonly id: string
  readonly exchanges: readonly Exchange[]
  /** For each exchange the index of the exchange that it follows; -1 for a first exchange. */
  readonly follows: readonly number[]
  /** The index of the last exchange that is shown; -1 if none is. */
  readonly shown: number
  /** How many earlier questions, before the first exchange, were left out for lack of room. */
  readonly left: number
}

/** Puts exchanges into the form of a kept conversation, each of them following the one before it. */
export function toKept(exchanges: readonly Exchange[], left = 0, id = newConversationId()): KeptExchanges {
  return { id, exchanges, follows: exchanges.map((_, index) => index - 1), shown: exchanges.length - 1, left }
}

export function newConversationId(): string {
  return crypto.getRandomValues(new Uint32Array(4)).join('-')
}

/** The attempts that are shown. */
export function shownExchanges({ exchanges, follows, shown }: KeptExchanges): readonly Exchange[] {
  const path: Exchange[] = []
  for (let at = shown; at >= 0; at = follows[at] ?? -1) path.unshift(...exchanges.slice(at, at + 1))
  return path
}

/** What an opened file or link, shown instead of a conversation, states about itself. The page verifies nothing of it. */
export interface OpenedFile {
  readonly isLink?: boolean
  /** What it calls the agent that was asked first; the page may know another one by the same name. */
  readonly agent?: string
  readonly exportedAt: string
  readonly from: { readonly host: string; readonly version: string }
  readonly redacted: boolean
  readonly names: Omit<NamedInConfig, 'agents'> & Partial<Pick<NamedInConfig, 'agents'>>
}
