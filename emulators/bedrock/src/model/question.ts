import { readPlaces, tidy } from './places.ts'

const dayMs = 24 * 3_600_000
/** “2026-12-03”, “3 December”, “3 Dec 2027” */
export const datePattern =
  /\b(?:\d{4}-\d{2}-\d{2}|\d{1,2} (?:jan|feb|mar|apr|may|june?|july?|aug|sep|oct|nov|dec)[a-z]*(?: \d{4})?)\b/i

/** The days from today to the date that `datePattern` found, if it is not over. A day without a year is the next such day. */
export function daysUntil([said]: RegExpExecArray, today: string): number | undefined {
  const year = Number(today.slice(0, 4))
  const dates = [said, `${said} ${year}`, `${said} ${year + 1}`]
  return dates.map(one => (Date.parse(`${one} UTC`) - Date.parse(today)) / dayMs).find(days => days >= 0)
}

export interface WeatherQuestion {
  readonly places?: readonly string[] | undefined
  /** The days of a forecast, today included; without it, the weather now is asked for. */
  readonly days?: number
  readonly onlyLastDay?: boolean
  /** Whether the message has no words about weather, but goes on with an earlier question, as “and tomorrow?” does. */
  readonly goesOn?: boolean
}

/** Not the first half of a tool server's name, such as `weather-tools`. */
const weatherWords =
  /(?:\b|_)(?:weather|forecast|temperature|it like|hot(?:ter)?|cold(?:er)?|warm(?:er)?|rain(?:ing)?|snow(?:ing)?|sunny|windy|umbrella)\b(?!-)/i
const afterPreposition = /\b(?:in|for|at) (.+)/i
const beforeWeather = /^(?:what's |what is |compare )?(?!the )(.+?)(?:'s)? (?:weather|forecast|temperature)$/i
const followUp = /^(?:(?:and|or|what about|how about|compare|in|for)(?: |$))*/i

// biome-ignore format: table
const times: readonly (readonly [RegExp, (found: RegExpExecArray, today: string) => WeatherQuestion | undefined])[] = [
  [/,? ?\btomorrow\b/i, () => ({ days: 2, onlyLastDay: true })],
  [/,? ?(?:\bfor )?(?:\bthe )?(?:\bnext )?\b(\d{1,2})[ -]days?\b/i, ([, count]) => ({ days: Math.min(Math.max(Number(count), 1), 7) })],
  [new RegExp(`,? ?(?:\\bon )?${datePattern.source}`, 'i'), (found, today) => { const days = daysUntil(found, today); return days === undefined ? undefined : { days: days + 1, onlyLastDay: true } }],
  [/,? ?\b(?:right now|now|today|currently|tonight)\b/i, () => ({})],
]

/** Reads a user's messages; what the last one leaves out is taken from those before it. `undefined` if it is not about weather. */
export function readWeatherQuestion(messages: readonly string[], today: string): WeatherQuestion | undefined {
  const questions = messages.map(message => readMessage(message, today))
  if (!questions.at(-1)) return undefined
  return questions
    .filter(question => question !== undefined)
    .reduce((before, next) => ({ ...(next.goesOn ? before : { places: before.places }), ...next }))
}

function readMessage(message: string, today: string): WeatherQuestion | undefined {
  const { rest, time } = takeTime(tidy(message), today)
  const at = rest.search(weatherWords)
  const goesOn = at < 0
  const place = goesOn
    ? rest.replace(followUp, '')
    : (afterPreposition.exec(rest.slice(at)) ?? beforeWeather.exec(rest))?.[1]
  const places = readPlaces(place ?? '')
  if (goesOn && places.length === 0 && !(time && place === '')) return undefined
  const usual = /\bforecast\b/i.test(rest) && { days: 3 }
  return { goesOn, ...usual, ...time, ...(places.length > 0 && { places }) }
}

function takeTime(text: string, today: string): { readonly rest: string; readonly time?: WeatherQuestion } {
  for (const [pattern, read] of times) {
    const found = pattern.exec(text)
    const time = found && read(found, today)
    if (time) return { rest: text.replace(pattern, '').trim(), time }
  }
  return { rest: text }
}
