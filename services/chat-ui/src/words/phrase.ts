import type { TokenRole } from '@entra-bedrock-agent/identity-trace'
import type { GlossaryTerm } from './glossary.ts'

/** A part of a sentence: words, something as it stands in a token or request, a token's mark, or a word that is explained. */
export type Part =
  | string
  | { readonly code: string }
  | { readonly token: TokenRole }
  | { readonly term: GlossaryTerm; readonly words: string }

export type Phrase = readonly Part[]
