import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import type { Period } from './period.ts'
import type { WeatherQuestion } from './weather-question.ts'

const Place = {
  city: Type.String(),
  country: Type.Optional(Type.String()),
  source: Type.Optional(Type.String()),
}
const Report = Type.Object({
  ...Place,
  temperature_c: Type.Number(),
  temperature_f: Type.Optional(Type.Number()),
  condition: Type.String(),
  humidity_percent: Type.Optional(Type.Number()),
  wind_kph: Type.Optional(Type.Number()),
})
const Day = Type.Object({
  date: Type.String(),
  low_c: Type.Number(),
  high_c: Type.Number(),
  low_f: Type.Optional(Type.Number()),
  high_f: Type.Optional(Type.Number()),
  condition: Type.String(),
})
const Forecast = Type.Object({ ...Place, days: Type.Array(Day) })
const Weather = Type.Union([Report, Forecast])

type Day = Static<typeof Day>
/** What a weather tool returned: weather now, or days ahead. */
export type Weather = Static<typeof Weather>

/** Whether a tool's result is weather, by its fields. */
export function isWeather(result: unknown): result is Weather {
  return Value.Check(Weather, result)
}

/** Words weather as an answer to a question, a line for each thing to say. */
export function describeWeather(weather: readonly Weather[], question: WeatherQuestion): readonly string[] {
  return [
    ...weather.map(one => describeOne(one, question.period)),
    ...compare(weather, question.period),
    ...(question.asksUmbrella ? adviseUmbrella(weather, question.period) : []),
  ]
}

/** Where weather comes from. */
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

function describeOne(weather: Weather, period: Period | undefined): string {
  const place = weather.country === undefined ? weather.city : `${weather.city}, ${weather.country}`
  if ('days' in weather) {
    const days = pickDays(weather.days, period).map(
      day =>
        `- ${nameDay(day, weather.days)}: ${degrees(day.low_c, day.low_f)} to ${degrees(day.high_c, day.high_f)}, ${day.condition}.`,
    )
    return [`Forecast for ${place}:`, ...days].join('\n')
  }
  const { temperature_c, temperature_f, condition, humidity_percent, wind_kph } = weather
  const humidity = humidity_percent === undefined ? '' : `, humidity ${humidity_percent} %`
  const wind = wind_kph === undefined ? '' : `, wind ${Math.round(wind_kph)} km/h`
  return `${place}: ${degrees(temperature_c, temperature_f)}, ${condition}${humidity}${wind}.`
}

function pickDays(days: readonly Day[], { index, weekdays }: Partial<Period> = {}): readonly Day[] {
  const picked =
    index === undefined
      ? days.filter(({ date }) => weekdays?.includes(new Date(date).getUTCDay()) ?? true)
      : days.slice(index, index + 1)
  return picked.length > 0 ? picked : days
}

function nameDay(day: Day, days: readonly Day[]): string {
  const near = ['Today', 'Tomorrow'][days.indexOf(day)]
  const time = Date.parse(day.date)
  if (near !== undefined || Number.isNaN(time)) return near ?? day.date
  return new Date(time).toLocaleDateString('en-GB', {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    timeZone: 'UTC',
  })
}

/** Which of several cities is the warmest; the days ahead are compared by their highs. */
function compare(weather: readonly Weather[], period: Period | undefined): readonly string[] {
  const byWarmth = weather
    .map(one => ({ city: one.city, celsius: Math.max(...temperaturesOf(one, period)) }))
    .toSorted((a, b) => b.celsius - a.celsius)
  const [warmest, coldest] = [byWarmth[0], byWarmth.at(-1)]
  if (!warmest || !coldest || warmest === coldest) return []
  return warmest.celsius === coldest.celsius
    ? [`It is equally warm in ${listNames(byWarmth.map(({ city }) => city))}.`]
    : [
        `It is ${degrees(warmest.celsius - coldest.celsius)} warmer in ${warmest.city} than in ${coldest.city}.`,
      ]
}

function temperaturesOf(weather: Weather, period: Period | undefined): readonly number[] {
  return 'days' in weather
    ? pickDays(weather.days, period).map(({ high_c }) => high_c)
    : [weather.temperature_c]
}

/** Averages say nothing about rain. */
function adviseUmbrella(weather: readonly Weather[], period: Period | undefined): readonly string[] {
  const known = weather.filter(({ source }) => source !== 'climate-normals')
  const wet = known.filter(one =>
    ('days' in one ? pickDays(one.days, period) : [one]).some(({ condition }) =>
      /rain|drizzle|thunder/.test(condition),
    ),
  )
  const cities = listNames((wet.length > 0 ? wet : known).map(({ city }) => city))
  if (cities === '') return []
  return [wet.length > 0 ? `Take an umbrella in ${cities}.` : `You will not need an umbrella in ${cities}.`]
}

/** “14.3 °C (58 °F)” */
function degrees(celsius: number, fahrenheit?: number): string {
  const inCelsius = `${Math.round(celsius * 10) / 10} °C`
  return fahrenheit === undefined ? inCelsius : `${inCelsius} (${Math.round(fahrenheit)} °F)`
}
