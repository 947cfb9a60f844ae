import type { TokenRole } from '@entra-agents/trace'

/** A part of a sentence: words, a literal of a token or request, or a token's mark. */
export type PhrasePart = string | { readonly code: string } | { readonly token: TokenRole }

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
