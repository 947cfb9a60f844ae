import { type AskedTime, findTime } from './time-words.ts'
import {
  articles,
  commonWords,
  connectors,
  leadIns,
  placeNouns,
  prepositions,
  weatherWords,
} from './words.ts'

/** A question about weather, as direct mode understood it. */
export interface WeatherQuestion {
  readonly place: string
  readonly when: AskedTime
}

interface Word {
  /** As it was written, without enclosing punctuation. */
  readonly text: string
  /** In lower case, without punctuation: for look-ups. */
  readonly key: string
}

const placeLimits = { words: 6, characters: 80 } as const
const maxBarePlaceWords = 4
const maxSentenceCharacters = 400
const defaultForecast: AskedTime = { days: 3, onlyLast: false }
const forecastWords = new Set(['forecast', 'forecasts', 'vorhersage', 'wettervorhersage'])
/** Words before a time that belong to it: “for the next 3 days”, “at the moment”. */
const wordsBeforeTime = new Set([
  ...['for', 'over', 'in', 'on', 'during', 'of', 'at', 'a', 'the', 'this', 'next', 'coming', 'whole'],
  ...['für', 'am', 'der', 'die', 'den', 'diese', 'nächste', 'nächsten'],
])

/**
 * Finds the place and the time that a message asks about, without a model: by the words around them, in English and
 * some German. The first sentence that names a place counts. Very long sentences are passed over, so that no message
 * takes long.
 */
export function recogniseWeatherQuestion(message: string): WeatherQuestion | undefined {
  for (const sentence of splitSentences(message)) {
    if (sentence.length > maxSentenceCharacters) continue
    const question = recogniseSentence(splitWords(sentence))
    if (question) return question
  }
  return undefined
}

function recogniseSentence(words: readonly Word[]): WeatherQuestion | undefined {
  const asksForWeather = words.some(({ key }) => weatherWords.has(key))
  const { rest, when } = takeTime(words)
  const place = asksForWeather
    ? (findPlaceAfterPreposition(rest) ?? findFirstName(rest))
    : findBarePlace(rest)
  if (place === undefined) return undefined
  const isForecast = words.some(({ key }) => forecastWords.has(key))
  return { place, when: when ?? (isForecast ? defaultForecast : 'now') }
}

/** The place that is named in a text about the weather: after a preposition, else the first words that may be a name. */
export function findPlace(text: string): string | undefined {
  const words = splitWords(text)
  return findPlaceAfterPreposition(words) ?? findFirstName(words)
}

/** Splits at ends of lines and at punctuation. A period counts only after four letters, so that “St. Louis” stays whole. */
export function splitSentences(message: string): readonly string[] {
  return message
    .normalize('NFC')
    .replaceAll('’', "'")
    .split(/[?!;:\n]+|(?<=\p{L}{4})\.(?=\s|$)/u)
}

/** A word from its first letter or digit to its last letter, digit, comma or period. */
const wordShape = /[\p{L}\p{N}](?:\S*[\p{L}\p{M}\p{N},.])?/gu

function splitWords(sentence: string): readonly Word[] {
  const words = sentence.match(wordShape) ?? []
  return words.map(text => ({ text, key: text.replace(/(?<![,.])[,.]+$/, '').toLowerCase() }))
}

/** Takes out what is said about time, with the small words before it. */
function takeTime(words: readonly Word[]): { rest: readonly Word[]; when: AskedTime | undefined } {
  const said = findTime(words.map(({ key }) => key))
  if (!said) return { rest: words, when: undefined }
  let start = said.start
  while (start > 0 && wordsBeforeTime.has(words[start - 1]?.key ?? '')) start -= 1
  const rest = [...words.slice(0, start), ...words.slice(said.start + said.length)]
  const again = takeTime(rest)
  return { rest: again.rest, when: said.when === 'now' ? (again.when ?? 'now') : said.when }
}

/** “… in Dallas”: the name after a preposition. A capital letter makes even a common word part of it (“Hot Springs”). */
function findPlaceAfterPreposition(words: readonly Word[]): string | undefined {
  for (const [index, { key }] of words.entries()) {
    if (!prepositions.has(key)) continue
    const place = toPlace(
      takeName(words.slice(index + 1), word => startsWithCapital(word) || mayBeName(word)),
    )
    if (place !== undefined) return place
  }
  return undefined
}

/** “Dallas weather”: the first words that may be a name. */
function findFirstName(words: readonly Word[]): string | undefined {
  for (const [index, word] of words.entries()) {
    const place =
      weatherWords.has(words[index + 1]?.key ?? '') && word.key.endsWith("'s")
        ? toPlace([{ ...word, text: word.text.slice(0, -2) }])
        : toPlace(takeName(words.slice(index), mayBeName))
    if (place !== undefined) return place
  }
  return undefined
}

/** “Dallas”, “and Rome?”: the whole sentence is the name. */
function findBarePlace(words: readonly Word[]): string | undefined {
  const start = words.findIndex(({ key }) => !leadIns.has(key))
  if (start < 0) return undefined
  const name = words
    .slice(start)
    .filter(({ key }, index, all) => index < all.length - 1 || !politeWords.has(key))
  return name.length <= maxBarePlaceWords && name.every(mayBeName) ? toPlace(name) : undefined
}

const politeWords = new Set(['please', 'thanks', 'bitte', 'danke'])

function takeName(words: readonly Word[], isPart: (word: Word) => boolean): readonly Word[] {
  const end = words.findIndex(word => !isPart(word))
  return end < 0 ? words : words.slice(0, end)
}

function mayBeName({ key }: Word): boolean {
  return connectors.has(key) || !(commonWords.has(key) || weatherWords.has(key))
}

function startsWithCapital({ text }: Word): boolean {
  return /^\p{Lu}/u.test(text)
}

function toPlace(words: readonly Word[]): string | undefined {
  const named = dropAnnouncement(words)
  const first = named.findIndex(
    word => articles.has(word.key) || startsWithCapital(word) || !isInnerWord(word),
  )
  const last = named.findLastIndex(word => !isInnerWord(word))
  const name = first < 0 ? [] : named.slice(first, last + 1)
  const text = name.map(word => word.text).join(' ')
  // The first mark stays after an abbreviation, such as “D.C.”.
  const place = text.replace(/(?<![,.])([,.])[,.]*$/, (_marks, first: string, at: number) =>
    /\.\p{L}+$/u.test(text.slice(0, at)) ? first : '',
  )
  const isPlausible =
    name.length > 0 &&
    name.length <= placeLimits.words &&
    place.length <= placeLimits.characters &&
    /^[\p{L}\p{M}'.,\- ]+$/u.test(place)
  return isPlausible ? place : undefined
}

/** “the city of London” → “London”; “the city” → nothing. */
function dropAnnouncement(words: readonly Word[]): readonly Word[] {
  const noun = words.findIndex(({ key }) => !isInnerWord({ key }) && !articles.has(key))
  return placeNouns.has(words[noun]?.key ?? '') ? words.slice(noun + 1) : words
}

function isInnerWord({ key }: Pick<Word, 'key'>): boolean {
  return connectors.has(key) || prepositions.has(key)
}
