import { commonWords } from './common-words.ts'

/** A name in a text, and where it stands. */
export interface Name {
  readonly text: string
  readonly at: number
  readonly end: number
}

const word = String.raw`\p{Lu}[\p{L}\p{M}\p{N}'’-]*`
const innerWords = 'de|del|de la|da|do|dos|di|du|am|an der|of|of the|upon|sur'
const names = new RegExp(`${word}(?: (?:(?:${innerWords}) )?(?:${word}|\\d+))*`, 'gu')

/** The names in a text: runs of capitalised words that are not common, such as “Rio de Janeiro”. */
export function findNames(text: string): readonly Name[] {
  const uncommon = text.replace(new RegExp(word, 'gu'), found => {
    const small = found.toLowerCase()
    return commonWords.has(small.replaceAll('’', "'")) ? small : found
  })
  return [...uncommon.matchAll(names)].map(({ 0: found, index }) => ({
    text: found.replace(/['’]s?$/, ''),
    at: index,
    end: index + found.length,
  }))
}

/** The words of a text or of an identifier such as `getTasks`, in lower case. */
export function wordsOf(text: string): readonly string[] {
  const parts = text.replace(/(?<=\p{Ll})(?=\p{Lu})/gu, ' ').match(/[\p{L}\p{N}]+/gu) ?? []
  return parts.map(part => part.toLowerCase())
}
