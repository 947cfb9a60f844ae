import type { Turn } from '../../turn/turn.ts'

/** `GET /weather` of the weather API; temperatures in °C and °F. */
export interface WeatherReport {
  readonly city: string
  readonly region?: string
  readonly country: string
  readonly temperature_c: number
  readonly temperature_f: number
  readonly condition: string
  readonly humidity_percent?: number
  readonly wind_kph?: number
  readonly observed_at: string
  readonly source: 'open-meteo' | 'climate-normals'
}

export interface ForecastDay {
  readonly date: string
  readonly low_c: number
  readonly high_c: number
  readonly low_f: number
  readonly high_f: number
  readonly condition: string
}

/** `GET /weather/forecast` of the weather API. */
export interface WeatherForecast {
  readonly city: string
  readonly region?: string
  readonly country: string
  readonly source: WeatherReport['source']
  readonly days: readonly ForecastDay[]
}

/**
 * Weather under the agent's identity: each call obtains TR for the turn's flow, checks it, calls the weather API
 * and records token request, token, API call and validation in the turn's trace, below `parentId` if given.
 * Throws a ProblemError of the identity or weather codes.
 */
export interface Weather {
  current(turn: Turn, city: string, parentId?: string): Promise<WeatherReport>
  forecast(turn: Turn, city: string, days: number, parentId?: string): Promise<WeatherForecast>
}
