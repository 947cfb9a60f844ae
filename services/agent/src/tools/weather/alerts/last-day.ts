/** What a sentence says about the last day of an alert. */
export interface LastDaySaid {
  /** YYYY-MM-DD; `undefined` if the sentence names a last day that is not understood or does not exist. */
  readonly date: string | undefined
  /** The sentence without the words about the last day. */
  readonly rest: string
  /** Set if the sentence names no last day, so that `date` is the usual one: a week from now. */
  readonly isUsualDay?: true
}

const defaultDays = 7
const maxDays = 366
const dayMs = 24 * 3_600_000

// biome-ignore format: table
const months = [
  'january|januar|jan', 'february|februar|feb', 'march|märz|mar', 'april|apr', 'may|mai', 'june|juni|jun', 'july|juli|jul',
  'august|aug', 'september|sept|sep', 'october|oktober|oct|okt', 'november|nov', 'december|dezember|dec|dez',
]
// biome-ignore format: table
const weekdays = [
  'sunday|sonntag', 'monday|montag', 'tuesday|dienstag', 'wednesday|mittwoch', 'thursday|donnerstag', 'friday|freitag',
  'saturday|samstag|sonnabend',
]
const relativeDays: readonly (readonly [string, number])[] = [
  ['day after tomorrow|übermorgen', 2],
  ['tomorrow|morgen', 1],
  ['today|tonight|heute', 0],
]
// biome-ignore format: table
const numberByWord = new Map(Object.entries({
  a: 1, an: 1, one: 1, two: 2, three: 3, four: 4, five: 5, six: 6, seven: 7, ten: 10,
  eine: 1, einen: 1, zwei: 2, drei: 3, vier: 4, fünf: 5, sechs: 6, sieben: 7, zehn: 10,
}))
const durationUnits: readonly (readonly [RegExp, number])[] = [
  [/^(?:day|tag)/, 1],
  [/^(?:week|woche)/, 7],
  [/^(?:month|monat)/, 30],
]

const untilWord = /(?<!\p{L})(?:until|till?|bis)(?!\p{L})\s*(?:(?:on|the|zum|den|dem)\s+)*/iu
const monthPattern = `(${months.join('|')})\\.?`
const yearPattern = '(?:,?\\s+(\\d{4}))?'
const wordEnd = '(?![\\p{L}\\d])'
const isoDate = new RegExp(`^(\\d{4})-(\\d{2})-(\\d{2})${wordEnd}`, 'u')
const dayAndMonth = new RegExp(
  `^(\\d{1,2})(?:st|nd|rd|th|\\.)?\\s*(?:of\\s+)?${monthPattern}${wordEnd}${yearPattern}`,
  'iu',
)
const monthAndDay = new RegExp(`^${monthPattern}\\s+(\\d{1,2})(?:st|nd|rd|th)?${wordEnd}${yearPattern}`, 'iu')
const numericDate = new RegExp(`^(\\d{1,2})\\.\\s?(\\d{1,2})\\.(?:\\s?(\\d{4}))?${wordEnd}`, 'u')
const durationPattern =
  /(?<!\p{L})(?:for|für)\s+(?:the\s+next\s+|die\s+nächsten\s+)?(\p{L}+|\d{1,3})\s+((?:day|week|month)s?|tage?n?|wochen?|monate?n?)(?!\p{L})|(?<!\p{L})(\p{L}+|\d{1,3})\s+(tage?|wochen?|monate?)\s+lang(?!\p{L})/iu

/**
 * Takes out of a sentence what it says about the last day, in English or German: “until 4 December”, “for a
 * week”. A day without a year is the next such day. If the sentence names no last day, the last day is a week from now.
 *
 * @param today YYYY-MM-DD
 */
export function takeLastDay(sentence: string, today: string): LastDaySaid {
  const until = untilWord.exec(sentence)
  if (until) {
    const after = sentence.slice(until.index + until[0].length)
    const said = readDate(after, today)
    const rest = `${sentence.slice(0, until.index)} ${after.slice(said?.length ?? 0)}`
    return { date: said?.date, rest }
  }
  const lasting = durationPattern.exec(sentence)
  if (!lasting) return takeNamedDay(sentence, today)
  const rest = `${sentence.slice(0, lasting.index)} ${sentence.slice(lasting.index + lasting[0].length)}`
  const count = readNumber(lasting[1] ?? lasting[3] ?? '')
  const unit = (lasting[2] ?? lasting[4] ?? '').toLowerCase()
  const days = durationUnits.find(([pattern]) => pattern.test(unit))?.[1]
  if (count === undefined || days === undefined) return { date: undefined, rest: sentence }
  return { date: addDays(today, count * days), rest }
}

/** Takes out a day such as “tomorrow” wherever it stands in the sentence, without “until” before it. */
function takeNamedDay(sentence: string, today: string): LastDaySaid {
  for (const [words, days] of relativeDays) {
    const found = new RegExp(`(?<!\\p{L})(?:the\\s+)?(?:${words})${wordEnd}`, 'iu').exec(sentence)
    if (!found) continue
    const rest = `${sentence.slice(0, found.index)} ${sentence.slice(found.index + found[0].length)}`
    return { date: addDays(today, days), rest }
  }
  return { date: addDays(today, defaultDays), rest: sentence, isUsualDay: true }
}

interface DateSaid {
  readonly date: string | undefined
  readonly length: number
}

/** The date that a text begins with. */
function readDate(text: string, today: string): DateSaid | undefined {
  const iso = isoDate.exec(text)
  if (iso) return { date: toDate(Number(iso[1]), Number(iso[2]), Number(iso[3])), length: iso[0].length }
  for (const [words, days] of relativeDays) {
    const length = matchedLength(words, text)
    if (length > 0) return { date: addDays(today, days), length }
  }
  const weekday = weekdays.findIndex(words => matchedLength(words, text) > 0)
  if (weekday >= 0) {
    const ahead = (weekday - new Date(today).getUTCDay() + 7) % 7 || 7
    return { date: addDays(today, ahead), length: matchedLength(weekdays[weekday] ?? '', text) }
  }
  return readDayOfMonth(text, today)
}

function readDayOfMonth(text: string, today: string): DateSaid | undefined {
  const [dayFirst, monthFirst, numeric] = [dayAndMonth, monthAndDay, numericDate].map(shape =>
    shape.exec(text),
  )
  const found = dayFirst ?? monthFirst ?? numeric
  if (!found) return undefined
  const [day, named] = monthFirst && !dayFirst ? [found[2], found[1]] : [found[1], found[2]]
  const number = numberOfMonth(named ?? '') ?? Number(named)
  const thisYear = Number(today.slice(0, 4))
  const years = found[3] === undefined ? [thisYear, thisYear + 1] : [Number(found[3])]
  const dates = years.map(one => toDate(one, number, Number(day)))
  const next = dates.find(date => date !== undefined && (found[3] !== undefined || date >= today))
  return { date: next, length: found[0].length }
}

function numberOfMonth(name: string): number | undefined {
  const index = months.findIndex(names => names.split('|').includes(name.toLowerCase()))
  return index < 0 ? undefined : index + 1
}

function matchedLength(words: string, text: string): number {
  return new RegExp(`^(?:${words})${wordEnd}`, 'iu').exec(text)?.[0].length ?? 0
}

function readNumber(word: string): number | undefined {
  return /^\d+$/.test(word) ? Number(word) : numberByWord.get(word.toLowerCase())
}

/** `undefined` for a day that the month does not have. */
function toDate(inYear: number, inMonth: number, day: number): string | undefined {
  const date = [
    String(inYear).padStart(4, '0'),
    ...[inMonth, day].map(part => String(part).padStart(2, '0')),
  ].join('-')
  const ms = Date.parse(`${date}T00:00:00Z`)
  return !Number.isNaN(ms) && dateOf(ms) === date ? date : undefined
}

/** YYYY-MM-DD, in UTC. */
export const today = () => dateOf(Date.now())

/**
 * Says which last day the API would take in place of `date`; `undefined` if the API takes `date`. The API also takes
 * yesterday (UTC), which may still be today where the user is.
 *
 * @param fromDate today, YYYY-MM-DD
 */
export function faultOfLastDay(date: string, fromDate: string): string | undefined {
  const ms = Date.parse(`${date}T00:00:00Z`)
  if (Number.isNaN(ms) || dateOf(ms) !== date) return 'a last day that is a date'
  if (date < addDays(fromDate, -1)) return 'a last day that is still to come'
  return date > addDays(fromDate, maxDays) ? 'a last day within a year' : undefined
}

const addDays = (date: string, days: number) => dateOf(Date.parse(date) + days * dayMs)

function dateOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}
