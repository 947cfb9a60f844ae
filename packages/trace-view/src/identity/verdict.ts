import type { Check } from '@entra-agents/trace'
import type { Phrase } from '../words/phrase.ts'

export type OutcomeKind = 'allowed' | 'denied' | 'waiting' | 'running' | 'neutral'

/** The answer to one of the four questions. */
export interface FactAnswer {
  readonly question: string
  readonly value: string
  /** The checks that decided, as far as whoever made them reported them. */
  readonly checks?: readonly Check[] | undefined
  readonly detail: Phrase
  /** A second line of detail. */
  readonly more?: string | undefined
  /** Whether this answer is why the call was denied. */
  readonly isBad?: boolean | undefined
  /** Whether a check that failed only says what is still wanted. */
  readonly isNotYet?: boolean | undefined
}

/** Who called, for whom, by which right, allowed by whom: always these four, in this order. */
export interface Verdict {
  readonly headline: string
  readonly outcome: { readonly kind: OutcomeKind; readonly words: string }
  readonly answers: readonly FactAnswer[]
}

/** The rights that were used, by the third answer; its words if there is no right. */
export function usedRights({ answers }: Pick<Verdict, 'answers'>): readonly string[] {
  return answers[2]?.value.split(' ') ?? []
}
