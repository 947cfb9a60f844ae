import type { TokenRole } from '@entra-bedrock-agent/identity-trace'
import type { GlossaryTerm } from './glossary.ts'

/** A part of a sentence: words, something as it stands in a token or request, a token's mark, or a word that is explained. */
export type Part =
  | string
  | { readonly code: string }
  | { readonly token: TokenRole }
  | { readonly term: GlossaryTerm; readonly words: string }

export type Phrase = readonly Part[]

/** A phrase as text alone: for names, search and copies. */
export function phraseText(phrase: Phrase): string {
  return phrase.map(partText).join('')
}

function partText(part: Part): string {
  if (typeof part === 'string') return part
  if ('code' in part) return part.code
  return 'token' in part ? part.token : part.words
}
