import { gzipSync } from 'node:zlib'
import { LocalServer } from '@entra-agents/service-kit/testing/local-server'

interface Fault {
  readonly status: number
  readonly body: string
  /** Whether the body is compressed with gzip. */
  readonly compressed?: boolean
}

export type OpenMeteoStub = Awaited<ReturnType<typeof startOpenMeteoStub>>

const unitedStates = { country: 'United States', country_code: 'US' }
// biome-ignore format: table
const places: Readonly<Record<string, readonly object[]>> = {
  oslo: [{ name: 'Oslo', latitude: 59.91, longitude: 10.75, country: 'Norway', country_code: 'NO', admin1: 'Oslo' }],
  portland: [
    { name: 'Portland', latitude: 45.52, longitude: -122.68, admin1: 'Oregon', ...unitedStates },
    { name: 'Portland', latitude: 43.66, longitude: -70.26, admin1: 'Maine', ...unitedStates },
  ],
}
const current = {
  time: 1_767_225_600,
  interval: 900,
  temperature_2m: -3.4,
  relative_humidity_2m: 87,
  wind_speed_10m: 11.2,
  weather_code: 71,
}
const days = [0, 1, 2, 3, 4, 5, 6]
const daily = {
  time: days.map(day => `2026-01-0${day + 1}`),
  weather_code: days.map(() => 3),
  temperature_2m_max: days.map(day => day + 0.5),
  temperature_2m_min: days.map(day => day - 5),
}

function respond({ pathname, searchParams }: URL): object {
  if (pathname !== '/v1/search') return searchParams.has('current') ? { current } : { daily }
  const results = places[searchParams.get('name')?.toLowerCase() ?? '']
  return results ? { results } : { generationtime_ms: 0.5 }
}

/** Responds like Open-Meteo's geocoding and forecast APIs, for a few cities. */
export async function startOpenMeteoStub() {
  /** Path and query of every request so far. */
  const requests: URL[] = []
  let abandoned = 0
  let fault: Fault | 'silence' | undefined

  const server = new LocalServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://stub')
    requests.push(url)
    response.once('close', () => {
      if (!response.writableEnded) abandoned += 1
    })
    if (fault === 'silence') return
    const encoding = fault?.compressed ? { 'content-encoding': 'gzip' } : {}
    response.writeHead(fault?.status ?? 200, { 'content-type': 'application/json', ...encoding })
    const body = fault?.body ?? JSON.stringify(respond(url))
    response.end(fault?.compressed ? gzipSync(body) : body)
  })
  const { url } = await server.start()
  return {
    url,
    requests,
    /** Number of requests that the client aborted before they had a response. */
    get abandoned() {
      return abandoned
    },
    /** Gives all further requests this status and body or, for `silence`, no response. A call with `undefined` ends this. */
    fail(next: Fault | 'silence' | undefined): void {
      fault = next
    },
    start: () => server.start(),
    close: () => server.close(),
    [Symbol.asyncDispose]: () => server.close(),
  }
}
