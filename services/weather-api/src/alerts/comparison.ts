import { isProblem, LinkedAbort } from '@entra-agents/service-kit'
import { strictObject } from '@entra-agents/trace'
import type { FastifyBaseLogger } from 'fastify'
import { type Static, Type } from 'typebox'
import { normalizeName, splitPlace } from '../weather/place-names.ts'
import { CurrentWeather, type WeatherProvider } from '../weather/provider.ts'
import { roundToTenth } from '../weather/temperature.ts'
import { Alert } from './alert.ts'

/** How many places are looked up at a time, so that one list leaves room for the requests of other callers. */
const maxLookups = 8
/** How long a list waits for the weather: longer than for one request to the source, after which climate normals can take its place. */
const timeLimitMs = 4_000

const ComparedWeather = strictObject({
  celsius: Type.Number({ description: 'The temperature that was compared, in degrees Celsius.' }),
  observedAt: CurrentWeather.properties.observed_at,
  source: CurrentWeather.properties.source,
})

/** An alert beside the weather of the moment. */
export const ComparedAlert = strictObject({
  ...Alert.properties,
  now: Type.Union([ComparedWeather, Type.Null()], {
    description: 'The weather there; null if it could not be looked up.',
  }),
  reached: Type.Union([Type.Boolean(), Type.Null()], {
    description: 'Whether it is colder, or warmer, than the alert’s limit; null if the weather is not known.',
  }),
})
export type ComparedAlert = Static<typeof ComparedAlert>

/**
 * Compares alerts with the weather, which is looked up once for each place. Never rejects: an alert whose weather cannot be looked
 * up in time is compared with nothing.
 *
 * @param signal aborts when nobody waits for the list any more
 */
export async function compareWithWeather(
  alerts: readonly Alert[],
  weather: WeatherProvider,
  log: Pick<FastifyBaseLogger, 'info'>,
  signal?: AbortSignal,
): Promise<ComparedAlert[]> {
  using limit = new LinkedAbort(...(signal ? [signal] : []))
  limit.after(timeLimitMs, () => limit.abort(new Error('The time for the whole list was over.')))
  const places = new Map(alerts.map(({ city }) => [keyOf(city), city]))
  const found = new Map<string, CurrentWeather>()
  const reasons = new Set<string>()
  const queue = places.entries()
  const lookUpNext = async () => {
    for (const [place, city] of queue) {
      try {
        found.set(place, await weather.current(city, limit.signal))
      } catch (error) {
        reasons.add(isProblem(error) ? error.code : String(error))
      }
    }
  }
  await Promise.all(Array.from({ length: maxLookups }, lookUpNext))
  if (reasons.size > 0)
    log.info({ reasons: [...reasons] }, 'Some alerts could not be compared with the weather.')
  return alerts.map(alert => compare(alert, found.get(keyOf(alert.city))))
}

/** Equal for two ways of writing one place. Commas stay, since what follows them names the region or country. */
function keyOf(city: string): string {
  const { name, qualifiers } = splitPlace(city)
  return [name, ...qualifiers].map(normalizeName).join(', ')
}

function compare(alert: Alert, weather: CurrentWeather | undefined): ComparedAlert {
  if (!weather) return { ...alert, now: null, reached: null }
  // What is told is what was compared.
  const celsius = roundToTenth(weather.temperature_c)
  const { when } = alert
  return {
    ...alert,
    now: { celsius, observedAt: weather.observed_at, source: weather.source },
    reached: when.kind === 'temperature-below' ? celsius < when.celsius : celsius > when.celsius,
  }
}
