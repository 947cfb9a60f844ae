import type { Phrase } from '../words/phrase.ts'
import { TokenMark } from './token-mark.tsx'

/** A phrase with its marks and codes. */
export function PhraseView({ phrase }: { readonly phrase: Phrase }) {
  return phrase.map(part => {
    if (typeof part === 'string') return part
    return 'code' in part ? <code>{part.code}</code> : <TokenMark token={part.token} />
  })
}
