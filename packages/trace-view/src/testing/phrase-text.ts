import type { Phrase, PhrasePart } from '../words/phrase.ts'

export function phraseText(phrase: Phrase): string {
  return phrase.map(partText).join('')
}

function partText(part: PhrasePart): string {
  if (typeof part === 'string') return part
  return 'code' in part ? part.code : part.token
}
