import { dateIn, datePattern } from './dates.ts'
import { readPlace, tidy } from './places.ts'
import type { OneDay } from './sentences.ts'

/** When the weather is asked for: now, or on the first `days` days of a forecast; with `only` on the last of these or on one date. */
export type AskedTime = 'now' | { readonly days: number; readonly only?: OneDay }

/** A question about weather, as direct mode understood it. */
export interface WeatherQuestion {
  readonly place: string
  readonly when: AskedTime
}

const weatherWords =
  /\b(?:weather|forecast|temperature|it like|hot|cold|warm|rain(?:ing)?|snow(?:ing)?|sunny|windy|humid|umbrella)\b(?!-)/i
const ending = /(?: be)? like$|,?(?: in)?(?: degrees)? (?:celsius|fahrenheit|°[cf])$/i
const followUp = /^(?:and |or )?(?:what about |how about )?(?:in |for )?/i
const afterPreposition = /\b(?:in|for|at) (.+)/i
const beforeWeather = /^(?:what's |what is |how's |how is )?(.+?)(?:'s)? (?:weather|forecast|temperature)$/i

const times: readonly (readonly [
  RegExp,
  (found: RegExpExecArray, today: string) => AskedTime | undefined,
])[] = [
  [/,? ?\btomorrow\b/i, () => ({ days: 2, only: 'last' })],
  [
    /,? ?(?:\bfor )?(?:\bthe )?(?:\bnext )?\b(\d{1,2})[ -]days?\b/i,
    ([, count]) => ({ days: Math.min(Math.max(Number(count), 1), 7) }),
  ],
  [
    new RegExp(`,? ?(?:\\bon )?${datePattern.source}`, 'iu'),
    (found, today) => {
      const date = dateIn(found, today)
      return date === undefined ? undefined : { days: 7, only: { date } }
    },
  ],
  [/,? ?\b(?:right now|now|today|currently|tonight)\b/i, () => 'now'],
]
const otherTimes =
  /\d|\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun|yester)?days?|(?:week|weekend|month|hour)s?|tomorrow|morning|afternoon|evening|night|later)\b/i

/**
 * Finds the place and the time that a message asks about, without a model: by a few plain English patterns. What they do not
 * cover is not understood, so that no place and no time is guessed.
 *
 * @param today YYYY-MM-DD
 */
export function recogniseWeatherQuestion(message: string, today: string): WeatherQuestion | undefined {
  const { rest, when } = takeTime(tidy(message).replace(ending, ''), today)
  if (otherTimes.test(rest)) return undefined
  const weather = weatherWords.exec(rest)
  const place = readPlace(weather ? findPlace(rest, weather.index) : rest.replace(followUp, ''))
  const usual = /\bforecast\b/i.test(rest) ? { days: 3 } : 'now'
  return place === undefined ? undefined : { place, when: when ?? usual }
}

/** The place in “weather in Dallas”, “Dallas weather” or “Berlin's weather”; `at` is where the words about the weather begin. */
function findPlace(text: string, at: number): string {
  return (afterPreposition.exec(text.slice(at)) ?? beforeWeather.exec(text))?.[1] ?? ''
}

function takeTime(text: string, today: string): { readonly rest: string; readonly when?: AskedTime } {
  for (const [pattern, read] of times) {
    const found = pattern.exec(text)
    const when = found && read(found, today)
    if (when) return { rest: text.replace(pattern, '').trim(), when }
  }
  return { rest: text }
}
