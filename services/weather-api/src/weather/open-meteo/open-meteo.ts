import { LRUCache } from 'lru-cache'
import type { WeatherConfig } from '../../config.ts'
import type { FetchJson } from '../../outbound/fetch-json.ts'
import { problem } from '../../problems.ts'
import { suggestCities } from '../climate-normals/find-city.ts'
import { normalizeName, splitPlace } from '../place-names.ts'
import { qualifiersFit } from '../place-qualifiers.ts'
import type { CurrentWeather, Forecast, WeatherProvider } from '../provider.ts'
import { toFahrenheit } from '../temperature.ts'
import { type OpenMeteoApi, openMeteoApi, type Place } from './api.ts'
import { conditionOf } from './weather-codes.ts'

const minuteMs = 60 * 1000
const cachedPlaces = { max: 500, ttl: 24 * 60 * minuteMs }
const cachedWeather = { max: 500, ttl: 10 * minuteMs }

/** Live weather from Open-Meteo. Responses are cached for a short time; equal requests in flight are joined. */
export class OpenMeteo implements WeatherProvider {
  readonly #api: OpenMeteoApi
  readonly #places: LRUCache<string, readonly Place[], string>
  readonly #current: LRUCache<string, CurrentWeather, Place>
  readonly #forecasts: LRUCache<string, Forecast, Place>

  constructor(config: WeatherConfig, fetchJson: FetchJson) {
    const api = openMeteoApi(config, fetchJson)
    this.#api = api
    this.#places = new LRUCache({
      ...cachedPlaces,
      fetchMethod: (_key, _stale, { context: name }) => api.findPlaces(name),
    })
    this.#current = new LRUCache({
      ...cachedWeather,
      fetchMethod: (_key, _stale, { context: place }) => this.#fetchCurrent(place),
    })
    this.#forecasts = new LRUCache({
      ...cachedWeather,
      fetchMethod: (_key, _stale, { context: place }) => this.#fetchForecast(place),
    })
  }

  async current(city: string): Promise<CurrentWeather> {
    const place = await this.#find(city)
    return await this.#current.forceFetch(keyOf(place), { context: place })
  }

  async forecast(city: string, days: number): Promise<Forecast> {
    const place = await this.#find(city)
    const week = await this.#forecasts.forceFetch(keyOf(place), { context: place })
    return { ...week, days: week.days.slice(0, days) }
  }

  async #find(text: string): Promise<Place> {
    const { name, qualifiers } = splitPlace(text)
    const places = await this.#places.forceFetch(normalizeName(name), { context: name })
    const place = places.find(candidate => qualifiersFit(qualifiers, candidate))
    if (place) return place
    throw problem('CITY_NOT_FOUND', `Open-Meteo knows no place called “${text}”.`, {
      extensions: { suggestions: suggestPlaces(name, places) },
    })
  }

  async #fetchCurrent(place: Place): Promise<CurrentWeather> {
    const current = await this.#api.current(place)
    const { relative_humidity_2m: humidity, wind_speed_10m: wind } = current
    return {
      ...nameOf(place),
      temperature_c: current.temperature_2m,
      temperature_f: toFahrenheit(current.temperature_2m),
      condition: conditionOf(current.weather_code),
      ...(typeof humidity === 'number' ? { humidity_percent: humidity } : {}),
      ...(typeof wind === 'number' ? { wind_kph: wind } : {}),
      observed_at: new Date(current.time * 1000).toISOString(),
      source: 'open-meteo',
    }
  }

  async #fetchForecast(place: Place): Promise<Forecast> {
    const days = await this.#api.week(place)
    return {
      ...nameOf(place),
      days: days.map(({ date, low_c, high_c, weatherCode }) => ({
        date,
        low_c,
        high_c,
        low_f: toFahrenheit(low_c),
        high_f: toFahrenheit(high_c),
        condition: conditionOf(weatherCode),
      })),
      source: 'open-meteo',
    }
  }
}

function nameOf({ name, region, country }: Place) {
  return { city: name, ...(region === undefined ? {} : { region }), country }
}

function keyOf({ latitude, longitude }: Place): string {
  return `${latitude},${longitude}`
}

/** Places of that name elsewhere come first: "Paris, Germany" is more likely a wrong country than a misspelt city. */
function suggestPlaces(name: string, elsewhere: readonly Place[]): string[] {
  const named = elsewhere.slice(0, 3).map(place => `${place.name}, ${place.region ?? place.country}`)
  return named.length > 0 ? named : suggestCities(name)
}
