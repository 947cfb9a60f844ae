import type { Conversation } from './conversation.ts'
import { findPlaces } from './places.ts'
import { findSmallTalk } from './small-talk.ts'

/** The days that a question is about. The first day of a forecast is today. */
export interface Period {
  /** How many days to ask the forecast for. */
  readonly days: number
  /** The one day asked about, counted from 0 for today; without it, all days are meant. */
  readonly index?: number
}

export interface WeatherQuestion {
  readonly isAboutWeather: boolean
  readonly places: readonly string[]
  /** `undefined` means now. */
  readonly period: Period | undefined
}

const weatherWords =
  /\b(weather|forecasts?|temperatures?|rain(s|ing|y)?|snow(s|ing|y)?|sunny|sunshine|cloud(s|y)|wind(y)?|fog(gy)?|storm(y)?|humid(ity)?|hot(ter|test)?|cold(er|est)?|warm(er|est)?|umbrella|raincoat|degrees)\b/i
const continuationPattern = /^(and|what about|how about)\b/i

/** Reads the latest question; what it leaves out is taken from earlier ones. */
export function readWeatherQuestion({ question, earlierQuestions }: Conversation): WeatherQuestion {
  const own = readOneText(question)
  const earlier = earlierQuestions.map(readOneText)
  const lastAbout = earlier.find(({ isAboutWeather, continues }) => isAboutWeather || continues)
  const continued =
    !own.isAboutWeather && own.continues && findSmallTalk(question) === undefined ? lastAbout : undefined
  const keepsPeriod = continued !== undefined && own.places.length > 0
  return {
    isAboutWeather: own.isAboutWeather || continued !== undefined,
    places: [own, ...earlier].find(({ places }) => places.length > 0)?.places ?? [],
    period: own.period ?? (keepsPeriod ? continued.period : undefined),
  }
}

/** Reads one text alone; `continues` says whether it may complete an earlier question, as “and tomorrow?” and “Oslo” do. */
function readOneText(text: string): WeatherQuestion & { readonly continues: boolean } {
  const places = findPlaces(text)
  const period = findPeriod(text)
  const length = text.split(/\s+/).length
  return {
    isAboutWeather: weatherWords.test(text),
    places,
    period,
    continues:
      (length <= 8 && continuationPattern.test(text)) ||
      (length <= 4 && (places.length > 0 || period !== undefined)),
  }
}

/** The days that a text asks about; `undefined` if it asks about now. */
function findPeriod(text: string): Period | undefined {
  if (/\bday after tomorrow\b/i.test(text)) return { days: 3, index: 2 }
  if (/\btomorrow\b/i.test(text)) return { days: 2, index: 1 }
  const days = Number(/(\d+)[ -]days?\b/i.exec(text)?.[1] ?? (/\bforecast\b/i.test(text) ? 3 : 0))
  return days >= 1 ? { days: Math.min(days, 7) } : undefined
}
