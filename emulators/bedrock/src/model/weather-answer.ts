import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import type { Period, WeatherQuestion } from './weather-question.ts'

const [text, number] = [Type.String(), Type.Number()]
const [maybeText, maybeNumber] = [Type.Optional(text), Type.Optional(number)]
const placeProperties = { city: text, country: maybeText, source: maybeText }
// biome-ignore format: table
const Report = Type.Object({ ...placeProperties, condition: text, temperature_c: number, temperature_f: maybeNumber, humidity_percent: maybeNumber, wind_kph: maybeNumber })
// biome-ignore format: table
const Day = Type.Object({ date: text, condition: text, low_c: number, high_c: number, low_f: maybeNumber, high_f: maybeNumber })
const Weather = Type.Union([Report, Type.Object({ ...placeProperties, days: Type.Array(Day) })])

type Day = Static<typeof Day>
/** A weather tool's result: current weather, or a forecast. */
export type Weather = Static<typeof Weather>

/** Whether a tool's result has the fields of weather. */
export function isWeather(result: unknown): result is Weather {
  return Value.Check(Weather, result)
}

/** The lines of an answer about weather. */
export function describeWeather(
  weather: readonly Weather[],
  { period }: Pick<WeatherQuestion, 'period'>,
): readonly string[] {
  const places = weather.map(one => ({ ...one, moments: readMoments(one, period) }))
  return [...places.map(describePlace), ...comparePlaces(places)]
}

/** The line that names the sources of the weather; empty if no source is known. */
export function describeSources(weather: readonly Weather[]): readonly string[] {
  const sources = [...new Set(weather.flatMap(({ source }) => source ?? []))]
  if (sources.length === 0) return []
  const averages = 'These are long-term averages, not a measurement. '
  return [`${sources.includes('climate-normals') ? averages : ''}Source: ${sources.join(', ')}.`]
}

/** “Oslo, Paris and Rome” */
export function listNames(names: readonly string[]): string {
  return new Intl.ListFormat('en-GB').format(names)
}

/** The weather now, or on one of the days that were asked about. */
interface Moment {
  readonly text: string
  /** In degrees Celsius; for a day, its highest temperature. */
  readonly warmth: number
}
type PlaceWeather = Weather & { readonly moments: readonly Moment[] }

function readMoments(weather: Weather, period?: Period): readonly Moment[] {
  if ('days' in weather) {
    const asked = period?.index === undefined ? undefined : weather.days[period.index]
    return (asked ? [asked] : weather.days).map(day => {
      const range = `${degrees(day.low_c, day.low_f)} to ${degrees(day.high_c, day.high_f)}`
      const text = `${nameDay(day, weather.days)}: ${range}, ${day.condition}`
      return { text, warmth: day.high_c }
    })
  }
  const { temperature_c, temperature_f, condition, humidity_percent, wind_kph } = weather
  const humidity = humidity_percent === undefined ? '' : `, humidity ${humidity_percent} %`
  const wind = wind_kph === undefined ? '' : `, wind ${Math.round(wind_kph)} km/h`
  const text = `${degrees(temperature_c, temperature_f)}, ${condition}${humidity}${wind}`
  return [{ text, warmth: temperature_c }]
}

function nameDay(day: Day, days: readonly Day[]): string {
  const near = ['Today', 'Tomorrow'][days.indexOf(day)]
  if (near !== undefined || Number.isNaN(Date.parse(day.date))) return near ?? day.date
  const format = { weekday: 'long', day: 'numeric', month: 'long', timeZone: 'UTC' } as const
  return new Date(day.date).toLocaleDateString('en-GB', format)
}

function describePlace({ city, country, moments, ...rest }: PlaceWeather): string {
  const name = country === undefined ? city : `${city}, ${country}`
  const texts = moments.map(({ text }) => `${text}.`)
  return 'days' in rest ? [`Forecast for ${name}:`, ...texts].join('\n- ') : `${name}: ${texts[0]}`
}

/** Says which of several cities is the warmest. */
function comparePlaces(places: readonly PlaceWeather[]): readonly string[] {
  const byWarmth = places
    .map(({ city, moments }) => ({ city, celsius: Math.max(...moments.map(({ warmth }) => warmth)) }))
    .toSorted((a, b) => b.celsius - a.celsius)
  const [warmest, coldest] = [byWarmth[0], byWarmth.at(-1)]
  if (!warmest || !coldest || warmest === coldest) return []
  return warmest.celsius === coldest.celsius
    ? [`It is equally warm in ${listNames(byWarmth.map(({ city }) => city))}.`]
    : [
        `It is ${degrees(warmest.celsius - coldest.celsius)} warmer in ${warmest.city} than in ${coldest.city}.`,
      ]
}

/** “14.3 °C (58 °F)” */
function degrees(celsius: number, fahrenheit?: number): string {
  const inCelsius = `${Math.round(celsius * 10) / 10} °C`
  return fahrenheit === undefined ? inCelsius : `${inCelsius} (${Math.round(fahrenheit)} °F)`
}
