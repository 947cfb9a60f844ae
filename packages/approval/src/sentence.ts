import type { Sentence } from '@entra-agents/trace'
import type { PendingCall } from './waiting.ts'

const [mostParts, mostCharacters] = [100, 200]

/** The sentence that the user reads about a call, cut where it is too long to be read: the whole arguments come with it. */
export function sentenceOf({ sentence, title, args }: PendingCall): Sentence {
  const parts = sentence ?? plainSentence(title, args)
  const shown = parts
    .slice(0, mostParts)
    .map(part => ('text' in part ? { text: cut(part.text) } : { value: cut(part.value) }))
  return parts.length > mostParts ? [...shown, { text: '…' }] : shown
}

/** The sentence for a tool that has none of its own. A model can choose names of arguments, too. */
function plainSentence(title: string, args: PendingCall['args']): Sentence {
  const parts = Object.entries(args).flatMap(([name, value]) => [
    { text: ', ' },
    { value: name },
    { text: ': ' },
    { value: typeof value === 'string' ? value : JSON.stringify(value) },
  ])
  return [{ text: title }, ...parts]
}

function cut(text: string): string {
  if (text.length <= mostCharacters) return text
  // No half of a character may be left at the end.
  return `${text.slice(0, mostCharacters).replace(/[\uD800-\uDBFF]$/, '')}…`
}
