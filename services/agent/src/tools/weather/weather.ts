import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'

/** A city as a model names it. */
export const CityArgument = Type.String({
  pattern: '\\S',
  maxLength: 100,
  description: 'City, such as "Oslo" or "Dallas, Texas".',
})

/** Where weather comes from: a live model, or long-term means for the time of year. */
export const WeatherSource = Type.Enum(['open-meteo', 'climate-normals'])

/** What the agent relies on in the responses of the weather API. Unknown members are let through. */
const placeMembers = {
  city: Type.String({ maxLength: 200 }),
  region: Type.Optional(Type.String({ maxLength: 200 })),
  country: Type.String({ maxLength: 200 }),
  source: WeatherSource,
}

/** `GET /weather`; temperatures in °C and °F. */
const WeatherReport = Type.Object({
  ...placeMembers,
  temperature_c: Type.Number(),
  temperature_f: Type.Number(),
  condition: Type.String({ maxLength: 200 }),
  humidity_percent: Type.Optional(Type.Number()),
  wind_kph: Type.Optional(Type.Number()),
  observed_at: Type.String({ maxLength: 50 }),
})
export type WeatherReport = Static<typeof WeatherReport>

const ForecastDay = Type.Object({
  date: Type.String({ maxLength: 50 }),
  low_c: Type.Number(),
  high_c: Type.Number(),
  low_f: Type.Number(),
  high_f: Type.Number(),
  condition: Type.String({ maxLength: 200 }),
})
export type ForecastDay = Static<typeof ForecastDay>

/** `GET /weather/forecast`. */
const WeatherForecast = Type.Object({ ...placeMembers, days: Type.Array(ForecastDay, { maxItems: 31 }) })
export type WeatherForecast = Static<typeof WeatherForecast>

const compiledReport = Compile(WeatherReport)
const compiledForecast = Compile(WeatherForecast)

export const isReport = (body: unknown): body is WeatherReport => compiledReport.Check(body)
export const isForecast = (body: unknown): body is WeatherForecast => compiledForecast.Check(body)
