import { ambiguousWords, commonWords } from './common-words.ts'
import { findNames, type Name } from './names.ts'

const mostPlaces = 10
/** In a longer text without capital letters, only what follows a preposition is taken for a place. */
const mostSmallWords = 8

const preposition = /\b(?:in|for|at|of|near|around|between|from|to)\s+(?:the\s+)?$/i
const connector = /^,?\s*(?:and|or|than|with|vs\.?|versus|&|\/)?$/i

const states =
  'Alabama,Alaska,Arizona,Arkansas,California,Colorado,Connecticut,Delaware,Florida,Georgia,Hawaii,Idaho,Illinois,Indiana,Iowa,Kansas,Kentucky,Louisiana,Maine,Maryland,Massachusetts,Michigan,Minnesota,Mississippi,Missouri,Montana,Nebraska,Nevada,New Hampshire,New Jersey,New Mexico,New York,North Carolina,North Dakota,Ohio,Oklahoma,Oregon,Pennsylvania,Rhode Island,South Carolina,South Dakota,Tennessee,Texas,Utah,Vermont,Virginia,Washington,West Virginia,Wisconsin,Wyoming'
const widerAreas: ReadonlySet<string> = new Set([...states.split(','), ...countryNames()])

function countryNames(): readonly string[] {
  const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']
  const countries = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' })
  return letters.flatMap(first => letters.flatMap(second => countries.of(first + second) ?? []))
}

/** The places that a text names, as it names them; those behind a preposition count before others. */
export function findPlaces(text: string): readonly string[] {
  const plain = text.replaceAll('’', "'").replace(/\bSt\. /g, 'St ')
  const isWritten = findNames(plain).some(({ at }) => !beginsSentence(plain, at))
  const written = isWritten ? plain : capitaliseNames(plain)
  const places = joinQualifiers(written, findNames(written))
  const introduced = findIntroduced(written, places)
  const isShort = plain.split(/\s+/).length <= mostSmallWords
  const chosen = introduced.length > 0 ? introduced : isWritten || isShort ? places : []
  return [...new Set(chosen.map(place => place.text))].slice(0, mostPlaces)
}

function beginsSentence(text: string, at: number): boolean {
  return /(?:^|[.!?:\n])\s*$/.test(text.slice(0, at))
}

function capitaliseNames(text: string): string {
  return text.replace(/[\p{L}\p{M}\p{N}'-]+/gu, word =>
    commonWords.has(word.toLowerCase()) || ambiguousWords.has(word.toLowerCase())
      ? word.toLowerCase()
      : word.charAt(0).toUpperCase() + word.slice(1),
  )
}

/** “Dallas, Texas” is one place: what follows the comma says which Dallas. */
function joinQualifiers(text: string, names: readonly Name[]): readonly Name[] {
  const joined: Name[] = []
  for (const name of names) {
    const last = joined.at(-1)
    const isQualifier = widerAreas.has(name.text) || /^[A-Z]{2}$/.test(name.text)
    if (last && isQualifier && /^,\s*$/.test(text.slice(last.end, name.at))) {
      joined.splice(-1, 1, { ...last, text: `${last.text}, ${name.text}`, end: name.end })
    } else joined.push(name)
  }
  return joined
}

/** Places behind a preposition, and those connected to one: “in Oslo, Paris and Rome”. */
function findIntroduced(text: string, places: readonly Name[]): readonly Name[] {
  const introduced: Name[] = []
  let end = 0
  for (const place of places) {
    const isConnected = end > 0 && connector.test(text.slice(end, place.at).trim())
    const isIntroduced = isConnected || preposition.test(text.slice(0, place.at))
    if (isIntroduced) introduced.push(place)
    end = isIntroduced ? place.end : 0
  }
  return introduced
}
