import { strictObject } from '@entra-agents/trace'
import { type Static, Type } from 'typebox'
import { toFahrenheit } from './temperature.ts'

const placeProperties = {
  city: Type.String(),
  region: Type.Optional(Type.String()),
  country: Type.String(),
}

const source = Type.Enum(['open-meteo', 'climate-normals'], {
  description:
    'open-meteo: live model data. climate-normals: long-term averages for the date, not a measurement.',
})

export const CurrentWeather = strictObject({
  ...placeProperties,
  temperature_c: Type.Number(),
  temperature_f: Type.Number(),
  condition: Type.String(),
  humidity_percent: Type.Optional(Type.Number()),
  wind_kph: Type.Optional(Type.Number()),
  observed_at: Type.String({
    description: 'ISO 8601, UTC. For climate normals, the moment for which the average was taken.',
  }),
  source,
})
export type CurrentWeather = Static<typeof CurrentWeather>

const ForecastDay = strictObject({
  date: Type.String({ description: 'Local date of the city, YYYY-MM-DD.' }),
  low_c: Type.Number(),
  high_c: Type.Number(),
  low_f: Type.Number(),
  high_f: Type.Number(),
  condition: Type.String(),
})
export type ForecastDay = Static<typeof ForecastDay>

/** A day of a forecast, from its lowest and highest temperature in °C. */
export function describeDay(date: string, low_c: number, high_c: number, condition: string): ForecastDay {
  return { date, low_c, high_c, low_f: toFahrenheit(low_c), high_f: toFahrenheit(high_c), condition }
}

/** A place as responses name it. */
export function describePlace({ name, region, country }: { name: string; region?: string; country: string }) {
  return { city: name, ...(region === undefined ? {} : { region }), country }
}

export const Forecast = strictObject({ ...placeProperties, days: Type.Array(ForecastDay), source })
export type Forecast = Static<typeof Forecast>

/**
 * A source of weather. Both methods reject with the problems CITY_NOT_FOUND or WEATHER_UNAVAILABLE, or with the signal's
 * reason when it aborts.
 */
export interface WeatherProvider {
  current(city: string, signal?: AbortSignal): Promise<CurrentWeather>
  /** A forecast of 1 to 7 `days`, of which today is the first. */
  forecast(city: string, days: number, signal?: AbortSignal): Promise<Forecast>
}
