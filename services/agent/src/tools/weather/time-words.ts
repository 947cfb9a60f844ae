/** When the weather is asked for: `now`, or `days` days from today; if `onlyLast` is set, only the last of these days. */
export type AskedTime = 'now' | { readonly days: number; readonly onlyLast: boolean }

/** What a sentence says about time, and which of its words say so. */
export interface TimeSaid {
  readonly when: AskedTime
  /** Index of the first of these words, and how many there are. */
  readonly start: number
  readonly length: number
}

const maxDays = 7
const numberWords = {
  one: 1,
  two: 2,
  three: 3,
  four: 4,
  five: 5,
  six: 6,
  seven: 7,
  ten: 10,
  few: 3,
  couple: 2,
  einen: 1,
  zwei: 2,
  drei: 3,
  vier: 4,
  fünf: 5,
  sechs: 6,
  sieben: 7,
  paar: 3,
}
const numberByWord = new Map(Object.entries(numberWords))
const weekdays = 'monday tuesday wednesday thursday friday saturday sunday'.split(' ')
const wordsThatNeedAWeek = new Set([
  ...['week', 'weeks', 'weekend', 'woche', 'wochenende'],
  ...weekdays.flatMap(day => [day, `${day}s`]),
  ...'montag dienstag mittwoch donnerstag freitag samstag sonntag'.split(' '),
])
const presentWords = new Set(['now', 'today', 'tonight', 'currently', 'jetzt', 'heute', 'aktuell', 'gerade'])
const dayUnit = /^(?:days?|tagen?)$/
const numberedDays = /^(\d{1,4})-?(?:days?|tagen?)$/

/** Finds the first words about time in a sentence. All words have to be in lower case. */
export function findTime(words: readonly string[]): TimeSaid | undefined {
  for (const [start, word] of words.entries()) {
    const said = readTime(words, start, word)
    if (said) return { start, ...said }
  }
  return undefined
}

function readTime(words: readonly string[], at: number, word: string): Omit<TimeSaid, 'start'> | undefined {
  if (word === 'day' && words[at + 1] === 'after' && words[at + 2] === 'tomorrow') return singleDay(3, 3)
  if (word === 'übermorgen') return singleDay(3, 1)
  if (word === 'tomorrow' || word === 'morgen') return singleDay(2, 1)
  if (presentWords.has(word)) return { when: 'now', length: 1 }
  if (wordsThatNeedAWeek.has(word)) return severalDays(maxDays, 1)
  const joined = numberedDays.exec(word)
  if (joined) return severalDays(Number(joined[1]), 1)
  const count = numberByWord.get(word) ?? (/^\d{1,4}$/.test(word) ? Number(word) : undefined)
  if (count === undefined) return undefined
  const unit = words[at + 1] === 'of' ? 2 : 1
  return dayUnit.test(words[at + unit] ?? '') ? severalDays(count, unit + 1) : undefined
}

function singleDay(number: number, length: number) {
  return { when: { days: number, onlyLast: true }, length }
}

function severalDays(count: number, length: number) {
  return { when: { days: Math.min(Math.max(count, 1), maxDays), onlyLast: false }, length }
}
