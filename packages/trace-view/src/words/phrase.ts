import type { TokenRole } from '@entra-agents/trace'

/** A part of a sentence: words, a literal of a token or request, or a token's mark. */
export type PhrasePart = string | { readonly code: string } | { readonly token: TokenRole }

export type Phrase = readonly PhrasePart[]

/** Template tag that joins words and other parts to a phrase; a phrase among the parts is inlined. */
export function phrase(words: TemplateStringsArray, ...parts: readonly (PhrasePart | Phrase)[]): Phrase {
  return words.flatMap((text, index) => [text, parts[index] ?? ''].flat()).filter(part => part !== '')
}

/** A phrase as text, for where it is not drawn. */
export function phraseText(phrase: Phrase): string {
  return phrase
    .map(part => (typeof part === 'string' ? part : 'code' in part ? part.code : part.token))
    .join('')
}
