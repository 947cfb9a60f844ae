import { LRUCache } from 'lru-cache'
import type { CurrentWeather, Forecast, ForecastDay, WeatherProvider } from '../provider.ts'
import { roundToTenth, toFahrenheit } from '../temperature.ts'
import type { City } from './city.ts'
import { findCity } from './find-city.ts'
import { localDate, normalOn, partOfMonth } from './seasons.ts'

/** Weather as it usually is at this time of year, from a built-in table: needs no network, knows no actual weather. */
export class ClimateNormals implements WeatherProvider {
  readonly #now: () => number
  /** The days that were asked for lately, by city and date. */
  readonly #days = new LRUCache<string, UsualDay>({ max: 1_000 })

  constructor(now: () => number = Date.now) {
    this.#now = now
  }

  async current(name: string): Promise<CurrentWeather> {
    const city = findCity(name)
    const now = this.#now()
    const { mean_c, condition } = this.#usualDay(city, localDate(now, city.timeZone))
    return {
      ...placeOf(city),
      temperature_c: mean_c,
      temperature_f: toFahrenheit(mean_c),
      condition,
      observed_at: new Date(now).toISOString(),
      source: 'climate-normals',
    }
  }

  async forecast(name: string, days: number): Promise<Forecast> {
    const city = findCity(name)
    const now = this.#now()
    return {
      ...placeOf(city),
      days: Array.from({ length: days }, (_, index) => {
        const { mean_c: _mean, ...day } = this.#usualDay(city, localDate(now, city.timeZone, index))
        return day
      }),
      source: 'climate-normals',
    }
  }

  #usualDay(city: City, date: string): UsualDay {
    const key = `${city.timeZone} ${city.name} ${date}`
    const known = this.#days.get(key)
    if (known) return known
    const day = usualDay(city, date)
    this.#days.set(key, day)
    return day
  }
}

type UsualDay = ForecastDay & { readonly mean_c: number }

function placeOf({ name, region, country }: City) {
  return { city: name, ...(region === undefined ? {} : { region }), country }
}

function usualDay(city: City, date: string): UsualDay {
  const low = normalOn(date, city.low)
  const high = normalOn(date, city.high)
  const low_c = roundToTenth(low)
  const high_c = roundToTenth(high)
  return {
    date,
    low_c,
    high_c,
    low_f: toFahrenheit(low_c),
    high_f: toFahrenheit(high_c),
    mean_c: roundToTenth((low + high) / 2),
    condition: `usually ${wordFor(high)} in ${partOfMonth(date)} (long-term average)`,
  }
}

/** A word for a day by its highest temperature in °C. */
function wordFor(high: number): string {
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
