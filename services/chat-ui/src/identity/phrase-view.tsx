import type { Part, Phrase } from '../words/phrase.ts'
import { Term } from './term.tsx'
import { TokenMark } from './token-mark.tsx'

/** A phrase with its marks, codes and explained words. */
export function PhraseView({ phrase }: { readonly phrase: Phrase }) {
  return <>{phrase.map(showPart)}</>
}

function showPart(part: Part) {
  if (typeof part === 'string') return part
  if ('code' in part) return <code>{part.code}</code>
  if ('token' in part) return <TokenMark token={part.token} />
  return <Term term={part.term}>{part.words}</Term>
}
