import { gzipSync } from 'node:zlib'
import { LocalServer } from '@entra-agents/service-kit/testing/local-server'

interface Fault {
  readonly status: number
  readonly body: string
  /** Whether the body is compressed with gzip. */
  readonly compressed?: boolean
}

export interface OpenMeteoStub {
  readonly url: string
  /** Path and query of every request so far. */
  readonly requests: readonly URL[]
  /** Number of requests that the client aborted before they had a response. */
  readonly abandoned: number
  /** Gives all further requests this status and body or, for `silence`, no response. A call with `undefined` ends this. */
  fail(fault: Fault | 'silence' | undefined): void
  close(): Promise<void>
  start(): Promise<unknown>
}

const places: Readonly<Record<string, readonly object[]>> = {
  oslo: [place('Oslo', 59.91, 10.75, 'Norway', 'NO', 'Oslo')],
  portland: [
    place('Portland', 45.52, -122.68, 'United States', 'US', 'Oregon'),
    place('Portland', 43.66, -70.26, 'United States', 'US', 'Maine'),
  ],
  தேனி: [place('Theni', 10.01, 77.48, 'India', 'IN', 'Tamil Nadu')],
  தானே: [place('Thane', 19.2, 72.97, 'India', 'IN', 'Maharashtra')],
}

function place(
  name: string,
  latitude: number,
  longitude: number,
  country: string,
  country_code: string,
  admin1: string,
) {
  return { id: 1, name, latitude, longitude, country, country_code, admin1, population: 1_000 }
}

const sevenDays = Array.from({ length: 7 }, (_, index) => index)

/** Responds like Open-Meteo's geocoding and forecast APIs, for a few cities. */
export async function startOpenMeteoStub(): Promise<OpenMeteoStub> {
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
    get abandoned() {
      return abandoned
    },
    fail(next) {
      fault = next
    },
    start: () => server.start(),
    close: () => server.close(),
  }
}

function respond({ pathname, searchParams }: URL): object {
  if (pathname === '/v1/search') {
    const results = places[searchParams.get('name')?.toLowerCase() ?? '']
    return { ...(results ? { results } : {}), generationtime_ms: 0.5 }
  }
  const position = {
    latitude: Number(searchParams.get('latitude')),
    longitude: Number(searchParams.get('longitude')),
    elevation: 23,
  }
  if (searchParams.has('current')) {
    return {
      ...position,
      current: {
        time: 1_767_225_600,
        interval: 900,
        temperature_2m: -3.4,
        relative_humidity_2m: 87,
        wind_speed_10m: 11.2,
        weather_code: 71,
      },
    }
  }
  return {
    ...position,
    daily: {
      time: sevenDays.map(index => `2026-01-0${index + 1}`),
      weather_code: sevenDays.map(() => 3),
      temperature_2m_max: sevenDays.map(index => index + 0.5),
      temperature_2m_min: sevenDays.map(index => index - 5),
    },
  }
}
