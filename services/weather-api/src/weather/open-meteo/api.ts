import { proxyProblem } from '@entra-agents/service-kit'
import { isSendError, type Send, type SendError } from '@entra-agents/service-kit/send'
import { type Static, type TSchema, Type } from 'typebox'
import { Compile, type Validator } from 'typebox/compile'
import type { WeatherConfig } from '../../config.ts'
import { problem } from '../../problems.ts'

/** The time limit for a whole request, from DNS to the last byte. */
const timeoutMs = 3_000
const maxBytes = 512 * 1024
const maxRequestsInFlight = 64

export interface Place {
  readonly name: string
  readonly region?: string
  readonly country: string
  readonly countryCode?: string
  readonly latitude: number
  readonly longitude: number
}

const GeocodingResponse = Type.Object({
  results: Type.Optional(
    Type.Array(
      Type.Object({
        name: Type.String(),
        latitude: Type.Number(),
        longitude: Type.Number(),
        country: Type.Optional(Type.String()),
        country_code: Type.Optional(Type.String()),
        admin1: Type.Optional(Type.String()),
      }),
    ),
  ),
})

/** °C. Values that occur nowhere on earth are no weather. */
const temperature = Type.Number({ minimum: -100, maximum: 70 })

const optionalNumber = Type.Optional(Type.Union([Type.Number(), Type.Null()]))

const CurrentResponse = Type.Object({
  current: Type.Object({
    /** Seconds since 1970, up to the year 9999. */
    time: Type.Integer({ minimum: 0, maximum: 253_402_300_799 }),
    temperature_2m: temperature,
    relative_humidity_2m: optionalNumber,
    wind_speed_10m: optionalNumber,
    weather_code: Type.Integer(),
  }),
})

const WeekResponse = Type.Object({
  daily: Type.Object({
    time: Type.Array(Type.String()),
    weather_code: Type.Array(Type.Integer()),
    temperature_2m_max: Type.Array(temperature),
    temperature_2m_min: Type.Array(temperature),
  }),
})

const validators = {
  geocoding: Compile(GeocodingResponse),
  current: Compile(CurrentResponse),
  week: Compile(WeekResponse),
}

export type OpenMeteoApi = ReturnType<typeof createOpenMeteoApi>

/**
 * The three calls of Open-Meteo's API (open-meteo.com/en/docs, open-meteo.com/en/docs/geocoding-api). Each
 * rejects with WEATHER_UNAVAILABLE if no valid response comes in time.
 */
export function createOpenMeteoApi(config: WeatherConfig, send: Send) {
  let inFlight = 0

  async function ask<Schema extends TSchema>(
    url: URL,
    parameters: Readonly<Record<string, string | number>>,
    validator: Validator<Record<never, never>, Schema>,
    signal: AbortSignal,
  ): Promise<Static<Schema>> {
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, String(value))
    if (inFlight >= maxRequestsInFlight)
      throw unavailableProblem('Too many requests to Open-Meteo are under way.')
    inFlight += 1
    try {
      const document = await fetchJson(send, url, signal)
      if (validator.Check(document)) return document
    } finally {
      inFlight -= 1
    }
    throw unavailableProblem('Open-Meteo responded in a form that this service does not know.')
  }

  return {
    /** Places with this name, the likeliest first. */
    async findPlaces(name: string, signal: AbortSignal): Promise<readonly Place[]> {
      const { results = [] } = await ask(
        new URL(`${config.geocodingUrl}/v1/search`),
        { name, count: 10, language: 'en', format: 'json' },
        validators.geocoding,
        signal,
      )
      return results.map(({ name, latitude, longitude, country, country_code, admin1 }) => ({
        name,
        latitude,
        longitude,
        country: country ?? country_code ?? '',
        ...(country_code ? { countryCode: country_code } : {}),
        ...(admin1 && admin1 !== name ? { region: admin1 } : {}),
      }))
    },

    async current({ latitude, longitude }: Place, signal: AbortSignal) {
      const { current } = await ask(
        new URL(`${config.forecastUrl}/v1/forecast`),
        {
          latitude,
          longitude,
          current: 'temperature_2m,relative_humidity_2m,wind_speed_10m,weather_code',
          timeformat: 'unixtime',
        },
        validators.current,
        signal,
      )
      return current
    },

    /** Seven days from today on, in the time zone of the place. */
    async week({ latitude, longitude }: Place, signal: AbortSignal) {
      const { daily } = await ask(
        new URL(`${config.forecastUrl}/v1/forecast`),
        {
          latitude,
          longitude,
          daily: 'weather_code,temperature_2m_max,temperature_2m_min',
          forecast_days: 7,
          timezone: 'auto',
        },
        validators.week,
        signal,
      )
      return daily.time.flatMap((date, index) => {
        const low_c = daily.temperature_2m_min[index]
        const high_c = daily.temperature_2m_max[index]
        const weatherCode = daily.weather_code[index]
        return low_c === undefined || high_c === undefined || weatherCode === undefined
          ? []
          : [{ date, low_c, high_c, weatherCode }]
      })
    },
  }
}

/** Gets a JSON document. Rejects with a problem, or with the signal's reason. */
async function fetchJson(send: Send, url: URL, signal: AbortSignal): Promise<unknown> {
  const { href, origin } = url
  const headers = { accept: 'application/json' }
  const { status, text } = await send({ url: href, headers, maxBytes, timeoutMs, signal }).catch(error => {
    if (!isSendError(error)) throw error
    throw proxyProblem(error, href) ?? unavailableProblem(describeFailure(origin, error), error.status, error)
  })
  if (status < 200 || status >= 300) throw unavailableProblem(`${origin} responded with ${status}.`, status)
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw unavailableProblem(`${origin} did not respond with JSON.`, status, cause)
  }
}

function describeFailure(origin: string, { kind, code }: SendError): string {
  if (kind === 'timeout') return `${origin} did not respond within ${timeoutMs} ms.`
  return `${origin} could not be read${code === undefined ? '' : ` (${code})`}.`
}

function unavailableProblem(detail: string, status?: number, cause?: unknown) {
  return problem('WEATHER_UNAVAILABLE', detail, {
    cause,
    upstream: { service: 'open-meteo', ...(status === undefined ? {} : { status }) },
    headers: { 'retry-after': '30' },
  })
}
