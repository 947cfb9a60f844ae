import type { TokenRole } from '@entra-agents/trace'
import type { GlossaryTerm } from './glossary.ts'

/** A part of a sentence: words, a literal of a token or request, a token's mark, or an explained term. */
export type PhrasePart =
  | string
  | { readonly code: string }
  | { readonly token: TokenRole }
  | { readonly term: GlossaryTerm; readonly words: string }

export type Phrase = readonly PhrasePart[]

/** Template tag that joins words and other parts to a phrase; a phrase among the parts is inlined. */
export function phrase(words: TemplateStringsArray, ...parts: readonly (PhrasePart | Phrase)[]): Phrase {
  return words.flatMap((text, index) => [text, parts[index] ?? ''].flat()).filter(part => part !== '')
}

/** The marks of the tokens, as parts of a phrase. */
export const tokenMarks = {
  Tc: { token: 'Tc' },
  T1: { token: 'T1' },
  T2: { token: 'T2' },
  TR: { token: 'TR' },
} as const satisfies Readonly<Record<TokenRole, PhrasePart>>
