import type { NamedInConfig } from '../words/names.ts'
import type { Exchange, Question } from './exchange.ts'

/** A conversation as it is kept: all exchanges, which one each followed, and which are shown. */
export interface KeptExchanges {
  readonly exchanges: readonly Exchange[]
  /** For each exchange the place of the one before it in the list; -1 for a first one. */
  readonly follows: readonly number[]
  /** The place of the last exchange that is shown; -1 where none is. */
  readonly shown: number
  /** How many questions before the first there was no room for. */
  readonly left: number
}

/** Exchanges of which each followed the one before, to be kept. */
export function inARow(exchanges: readonly Exchange[], left = 0): KeptExchanges {
  return { exchanges, follows: exchanges.map((_, index) => index - 1), shown: exchanges.length - 1, left }
}

/** Of all attempts those that are shown. */
export function shownOf({ exchanges, follows, shown }: KeptExchanges): readonly Exchange[] {
  const path: Exchange[] = []
  for (let at = shown; at >= 0; at = follows[at] ?? -1) path.unshift(...exchanges.slice(at, at + 1))
  return path
}

/** What stands in the composer, and what stood there before an earlier question took its place. */
export interface Drafts {
  readonly draft: string
  readonly setAside: string
}

/** Half-written questions, and how the next one is asked. */
export type KeptComposer = Drafts & Pick<Question, 'agent' | 'mode' | 'flow'>

/** What a file says of itself whose answers are shown instead of a conversation. None of it is verified. */
export interface OpenedFile {
  readonly exportedAt: string
  readonly from: { readonly host: string; readonly version: string }
  readonly redacted: boolean
  readonly names: Omit<NamedInConfig, 'agents'> & Partial<Pick<NamedInConfig, 'agents'>>
}
