import { commonWords } from './common-words.ts'

/** A name in a text, and where it begins. */
export interface Name {
  readonly text: string
  readonly at: number
}

const capitalisedWord = String.raw`\p{Lu}[\p{L}\p{M}\p{N}'’-]*`
const nameParticles = 'de|del|de la|da|do|dos|di|du|am|an der|of|of the|upon|sur'
/** A run of capitalised words, such as “Rio de Janeiro”. */
export const namePattern = `${capitalisedWord}(?: (?:(?:${nameParticles}) )?(?:${capitalisedWord}|\\d+))*`

/** The names in a text: runs of words that are capitalised and not common. */
export function findNames(text: string): readonly Name[] {
  const found = lowerCommonWords(text).matchAll(new RegExp(namePattern, 'gu'))
  return [...found].map(({ 0: name, index }) => ({ text: stripPossessive(name), at: index }))
}

export function lowerCommonWords(text: string): string {
  return text.replace(new RegExp(capitalisedWord, 'gu'), found => {
    const small = found.toLowerCase()
    return commonWords.has(small.replaceAll('’', "'")) ? small : found
  })
}

/** “Oslo's” → “Oslo” */
export function stripPossessive(name: string): string {
  return name.replace(/['’]s?$/, '')
}

/** The words of a text or of an identifier such as `getTasks`, in lower case. */
export function wordsOf(text: string): readonly string[] {
  const parts = text.replace(/(?<=\p{Ll})(?=\p{Lu})/gu, ' ').match(/[\p{L}\p{N}]+/gu) ?? []
  return parts.map(part => part.toLowerCase())
}
