import type { Phrase, PhrasePart } from '../words/phrase.ts'

export function phraseText(phrase: Phrase): string {
  return phrase.map(partText).join('')
}

function partText(part: PhrasePart): string {
  if (typeof part === 'string') return part
  if ('code' in part) return part.code
  return 'token' in part ? part.token : part.words
}
