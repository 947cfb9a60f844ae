import { LRUCache } from 'lru-cache'
import {
  type CurrentWeather,
  describeDay,
  describePlace,
  type Forecast,
  type WeatherProvider,
} from '../provider.ts'
import { roundToTenth, toFahrenheit } from '../temperature.ts'
import type { City } from './cities.ts'
import { findCity } from './find-city.ts'
import { localDate, normalOfDay, partOfMonth } from './seasons.ts'

/** The date in a city changes only at a multiple of this time, since offsets of time zones are multiples of it. */
const quarterHourMs = 15 * 60 * 1000

/** The usual weather of the season, from a built-in table, without a network. */
export class ClimateNormals implements WeatherProvider {
  /** Recent answers, by the quarter hour and the name asked for. */
  readonly #lately = new LRUCache<string, Omit<CurrentWeather, 'observed_at'>>({ max: 500 })

  async current(name: string): Promise<CurrentWeather> {
    const now = Date.now()
    const key = `${Math.floor(now / quarterHourMs)} ${name}`
    let weather = this.#lately.get(key)
    if (!weather) {
      weather = usualWeather(findCity(name), now)
      this.#lately.set(key, weather)
    }
    return { ...weather, observed_at: new Date(now).toISOString() }
  }

  async forecast(name: string, count: number): Promise<Forecast> {
    const city = findCity(name)
    const now = Date.now()
    const days = Array.from({ length: count }, (_, daysLater) => {
      const date = localDate(now, city.timeZone, daysLater)
      const { low, high, condition } = usualDay(city, date)
      return describeDay(date, roundToTenth(low), roundToTenth(high), condition)
    })
    return { ...describePlace(city), days, source: 'climate-normals' }
  }
}

function usualWeather(city: City, instantMs: number): Omit<CurrentWeather, 'observed_at'> {
  const { low, high, condition } = usualDay(city, localDate(instantMs, city.timeZone))
  const mean = roundToTenth((low + high) / 2)
  return {
    ...describePlace(city),
    temperature_c: mean,
    temperature_f: toFahrenheit(mean),
    condition,
    source: 'climate-normals',
  }
}

/** Lowest and highest temperature of a date in °C, and the condition. */
function usualDay(city: City, date: string) {
  const low = normalOfDay(date, city.low)
  const high = normalOfDay(date, city.high)
  return { low, high, condition: `usually ${warmthWord(high)} in ${partOfMonth(date)} (long-term average)` }
}

/** The condition of a day, from its highest temperature in °C. */
function warmthWord(high: number): string {
  const words = [
    [-10, 'bitterly cold'],
    [0, 'freezing'],
    [8, 'cold'],
    [15, 'cool'],
    [21, 'mild'],
    [27, 'warm'],
    [33, 'hot'],
  ] as const
  return words.find(([below]) => high < below)?.[1] ?? 'very hot'
}
