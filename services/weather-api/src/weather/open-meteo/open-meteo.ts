import type { Send } from '@entra-agents/service-kit/send'
import type { WeatherConfig } from '../../config.ts'
import { suggestCities, unknownCityProblem } from '../climate-normals/find-city.ts'
import { splitPlace } from '../place-names.ts'
import { qualifiersFit } from '../place-qualifiers.ts'
import {
  type CurrentWeather,
  describeDay,
  describePlace,
  type Forecast,
  type WeatherProvider,
} from '../provider.ts'
import { toFahrenheit } from '../temperature.ts'
import { createOpenMeteoApi, type OpenMeteoApi, type Place } from './api.ts'
import { SharedCache } from './shared-cache.ts'
import { conditionOf } from './weather-codes.ts'

const minuteMs = 60 * 1000
const placeCacheLimits = { max: 500, ttl: 24 * 60 * minuteMs }
const weatherCacheLimits = { max: 500, ttl: 10 * minuteMs }

/** Live weather from Open-Meteo. Responses are cached for a short time; equal concurrent requests share one. */
export class OpenMeteo implements WeatherProvider {
  readonly #api: OpenMeteoApi
  readonly #places = new SharedCache<readonly Place[]>(placeCacheLimits)
  readonly #current = new SharedCache<CurrentWeather>(weatherCacheLimits)
  readonly #forecasts = new SharedCache<Forecast>(weatherCacheLimits)

  constructor(config: WeatherConfig, send: Send) {
    this.#api = createOpenMeteoApi(config, send)
  }

  async current(city: string, signal?: AbortSignal): Promise<CurrentWeather> {
    const place = await this.#find(city, signal)
    return await this.#current.get(keyOf(place), until => this.#fetchCurrent(place, until), signal)
  }

  async forecast(city: string, days: number, signal?: AbortSignal): Promise<Forecast> {
    const place = await this.#find(city, signal)
    const week = await this.#forecasts.get(keyOf(place), until => this.#fetchForecast(place, until), signal)
    return { ...week, days: week.days.slice(0, days) }
  }

  async #find(text: string, signal?: AbortSignal): Promise<Place> {
    const { name, qualifiers } = splitPlace(text)
    const places = await this.#places.get(name, until => this.#api.findPlaces(name, until), signal)
    const place = places.find(candidate => qualifiersFit(qualifiers, candidate))
    if (place) return place
    throw unknownCityProblem(`Open-Meteo knows no place called “${text}”.`, suggestPlaces(name, places))
  }

  async #fetchCurrent(place: Place, signal: AbortSignal): Promise<CurrentWeather> {
    const current = await this.#api.current(place, signal)
    const { relative_humidity_2m: humidity, wind_speed_10m: wind } = current
    return {
      ...describePlace(place),
      temperature_c: current.temperature_2m,
      temperature_f: toFahrenheit(current.temperature_2m),
      condition: conditionOf(current.weather_code),
      ...(typeof humidity === 'number' ? { humidity_percent: humidity } : {}),
      ...(typeof wind === 'number' ? { wind_kph: wind } : {}),
      observed_at: new Date(current.time * 1000).toISOString(),
      source: 'open-meteo',
    }
  }

  async #fetchForecast(place: Place, signal: AbortSignal): Promise<Forecast> {
    const days = await this.#api.week(place, signal)
    return {
      ...describePlace(place),
      days: days.map(({ date, low_c, high_c, weatherCode }) =>
        describeDay(date, low_c, high_c, conditionOf(weatherCode)),
      ),
      source: 'open-meteo',
    }
  }
}

function keyOf({ latitude, longitude }: Place): string {
  return `${latitude},${longitude}`
}

/** Suggests places of this name elsewhere, else similar names: in "Paris, Germany" the country is wrong, not the city. */
function suggestPlaces(name: string, elsewhere: readonly Place[]): string[] {
  const named = elsewhere.slice(0, 3).map(place => `${place.name}, ${place.region ?? place.country}`)
  return named.length > 0 ? named : suggestCities(name)
}
