import type { Names } from './names.ts'

/** Patterns, in order of use, and the words that replace them for a reader who is not the user who asked. */
const swaps: readonly (readonly [RegExp, string])[] = [
  [/^You$/, 'The user who asked'],
  [/\byou as the user\b/g, 'the user who asked'],
  [/^For me$/, 'For the user'],
  [/\bfor you\b/g, 'for the user who asked'],
  [/\bYou ask, and have\b/g, 'The user asks, and has'],
  [/\bYou (approve|ask|decline|show)\b/g, 'The user $1s'],
  [/\byou have\b/g, 'the user has'],
  [/\byours\b/g, 'theirs'],
  [/\bYours\b/g, 'Theirs'],
  [/\byour\b/g, 'the user’s'],
  [/\bYour\b/g, 'The user’s'],
  [/\byou\b/g, 'the user'],
  [/\bYou\b/g, 'The user'],
]

/** Members whose values quote a token or a request, and so are never reworded. */
const quotedMembers: ReadonlySet<string> = new Set(['card', 'checks', 'code'])

/** Rewords the page's texts for its reader. */
export function toReader<Value>(value: Value, names: Names): Value {
  return names.isReaderUser ? value : (reword(value) as Value)
}

function reword(value: unknown): unknown {
  if (typeof value === 'string') return swaps.reduce((text, [you, they]) => text.replace(you, they), value)
  if (Array.isArray(value)) return value.map(reword)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value)
  return Object.fromEntries(
    members.map(([name, member]) => [name, quotedMembers.has(name) ? member : reword(member)]),
  )
}
