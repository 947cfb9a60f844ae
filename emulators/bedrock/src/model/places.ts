import { ambiguousWords, commonWords } from './common-words.ts'
import { findNames, lowerCommonWords, namePattern, stripPossessive } from './names.ts'

const maxPlaces = 10
/** In a longer text without capital letters, only words after a preposition count as places. */
const maxWordsOfShortText = 8

const usStates =
  'Alabama,Alaska,Arizona,Arkansas,California,Colorado,Connecticut,Delaware,Florida,Georgia,Hawaii,Idaho,Illinois,Indiana,Iowa,Kansas,Kentucky,Louisiana,Maine,Maryland,Massachusetts,Michigan,Minnesota,Mississippi,Missouri,Montana,Nebraska,Nevada,New Hampshire,New Jersey,New Mexico,New York,North Carolina,North Dakota,Ohio,Oklahoma,Oregon,Pennsylvania,Rhode Island,South Carolina,South Dakota,Tennessee,Texas,Utah,Vermont,Virginia,Washington,West Virginia,Wisconsin,Wyoming'

/** Names of countries, escaped for a regular expression. */
function countryNames(): readonly string[] {
  const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']
  const countries = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' })
  const names = letters.flatMap(first => letters.flatMap(second => countries.of(first + second) ?? []))
  return names.map(name => name.replace(/[.()]/g, '\\$&'))
}

/** What may follow a place after a comma, as in “Dallas, Texas”. */
const widerArea = [...usStates.split(','), ...countryNames(), '[A-Z]{2}'].join('|')
const placePattern = `${namePattern}(?:,\\s*(?:${widerArea})(?![\\p{L}\\p{N}'-]| \\p{Lu}))*`
const connector = String.raw`(?:\s+|,\s*)(?:(?:and|or|than|with|vs\.?|versus|&|/)\s+)?`
const preposition = 'in|for|at|of|near|around|between|from|to'
const placeExpression = new RegExp(placePattern, 'gu')
/** A list of places after a preposition, such as “in Oslo, Paris and Rome”, or a single place without a preposition. */
const listOrPlaceExpression = new RegExp(
  `\\b(?:${preposition})\\s+(?:the\\s+)?(?<list>${placePattern}(?:${connector}${placePattern})*)|${placePattern}`,
  'gu',
)

/** The places in a text; if some follow a preposition, only those. */
export function findPlaces(text: string): readonly string[] {
  const plain = text
    .replaceAll('’', "'")
    .replace(/\bSt\. /g, 'St ')
    .replace(/°\s?[CF]\b/g, '°')
  const isWritten = findNames(plain).some(({ at }) => !beginsSentence(plain, at))
  const written = lowerCommonWords(isWritten ? plain : capitaliseNames(plain))
  const lists = [...written.matchAll(listOrPlaceExpression)].flatMap(({ groups }) => groups?.['list'] ?? [])
  const isShort = plain.split(/\s+/).length <= maxWordsOfShortText
  const searched = lists.length > 0 ? lists : isWritten || isShort ? [written] : []
  const found = searched.flatMap(list => list.match(placeExpression) ?? [])
  return [...new Set(found.map(tidyPlace))].slice(0, maxPlaces)
}

/** “Dallas,Texas's” → “Dallas, Texas” */
function tidyPlace(name: string): string {
  return name.split(/,\s*/).map(stripPossessive).join(', ')
}

function beginsSentence(text: string, at: number): boolean {
  return /(?:^|[.!?:\n])\s*$/.test(text.slice(0, at))
}

function capitaliseNames(text: string): string {
  return text.replace(/[\p{L}\p{M}\p{N}'-]+/gu, word => {
    const small = word.toLowerCase()
    return commonWords.has(small) || ambiguousWords.has(small)
      ? small
      : `${small.charAt(0).toUpperCase()}${word.slice(1)}`
  })
}
