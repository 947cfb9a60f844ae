import { commonWords } from './common-words.ts'
import { findNames, lowerCommonWords, namePattern, stripPossessive } from './names.ts'

const maxPlaces = 10
/** In a longer text without capital letters, only words after a preposition count as places. */
const maxWordsOfShortText = 8
const listWords = /\b(?:and|or|than|vs|versus)\b/i
const afterPreposition = /\b(?:in|for|between)\s.*/is

/** The places in a text; if some follow a preposition, only those. Commas divide the places of a list, else they belong to a name. */
export function findPlaces(text: string): readonly string[] {
  const plain = text
    .replaceAll('’', "'")
    .replace(/\bSt\. /g, 'St ')
    .replace(/°\s?[CF]\b/g, '°')
  const isWritten = findNames(plain).some(({ at }) => !/(?:^|[.!?:\n])\s*$/.test(plain.slice(0, at)))
  const isShort = plain.split(/\s+/).length <= maxWordsOfShortText
  const place = listWords.test(plain) ? namePattern : `${namePattern}(?:,\\s*${namePattern})*`
  const placesIn = (part = '') =>
    lowerCommonWords(isWritten ? part : capitalise(part)).match(new RegExp(place, 'gu')) ?? []
  const named = placesIn(afterPreposition.exec(plain)?.[0])
  const found = named.length > 0 || !(isWritten || isShort) ? named : placesIn(plain)
  return [...new Set(found.map(stripPossessive))].slice(0, maxPlaces)
}

function capitalise(text: string): string {
  return text.replace(/[\p{L}\p{M}\p{N}'-]+/gu, word =>
    commonWords.has(word.toLowerCase()) ? word.toLowerCase() : word.charAt(0).toUpperCase() + word.slice(1),
  )
}
