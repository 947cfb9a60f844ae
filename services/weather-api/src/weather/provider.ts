export type WeatherSource = 'open-meteo' | 'climate-normals'

interface Place {
  readonly city: string
  readonly region?: string
  readonly country: string
}

export interface CurrentWeather extends Place {
  readonly temperature_c: number
  readonly temperature_f: number
  readonly condition: string
  readonly humidity_percent?: number
  readonly wind_kph?: number
  /** ISO 8601, UTC. For climate normals: the moment for which they were read from the seasonal curve. */
  readonly observed_at: string
  readonly source: WeatherSource
}

export interface ForecastDay {
  /** Local calendar date of the city, `YYYY-MM-DD`. */
  readonly date: string
  readonly low_c: number
  readonly high_c: number
  readonly low_f: number
  readonly high_f: number
  readonly condition: string
}

export interface Forecast extends Place {
  readonly days: readonly ForecastDay[]
  readonly source: WeatherSource
}

/** A source of weather. Both calls reject with the problems CITY_NOT_FOUND or WEATHER_UNAVAILABLE. */
export interface WeatherProvider {
  current(city: string): Promise<CurrentWeather>
  /** `days` from today on, 1 to 7. */
  forecast(city: string, days: number): Promise<Forecast>
}
