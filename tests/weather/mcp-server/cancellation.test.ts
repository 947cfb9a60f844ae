import { expect, it } from 'vitest'
import { forFile } from '../../support/for-file.ts'
import { startOpenMeteoStub } from '../weather-api/open-meteo-stub.ts'
import { startWeatherApi } from '../weather-api/service.ts'
import { connectClient, revisions } from './clients.ts'

const lines: string[] = []
const meteo = await forFile(startOpenMeteoStub())
const urls = { OPEN_METEO_GEOCODING_URL: meteo.url, OPEN_METEO_FORECAST_URL: meteo.url }
const api = await forFile(
  startWeatherApi(
    { WEATHER_PROVIDER: 'open-meteo', ...urls, LOG_LEVEL: 'info' },
    { logStream: { write: line => void lines.push(line) } },
  ),
)

it.each(revisions)(
  'A call of a tool ends when a client of revision %s cancels it, the request to Open-Meteo too, and later calls are not disturbed',
  async revision => {
    const { abandoned } = meteo
    meteo.requests.length = 0
    meteo.fail('silence')
    const client = await connectClient(api.url, revision, api.autonomous())
    const user = new AbortController()
    const oslo = { name: 'get_weather', arguments: { city: 'Oslo' } }
    const call = client.callTool(oslo, { signal: user.signal })
    await expect.poll(() => meteo.requests.length).toBe(1)
    user.abort()
    await expect(call).rejects.toThrow()
    await client.close()
    await expect.poll(() => meteo.abandoned).toBe(abandoned + 1)
    // The log names the abort by the client, not the time-out for Open-Meteo.
    const entry = { level: 30, tool: 'get_weather', code: 'REQUEST_ABORTED' }
    await expect
      .poll(() => lines.splice(0).map(line => JSON.parse(line)))
      .toContainEqual(expect.objectContaining(entry))
    meteo.fail(undefined)
    await using next = await connectClient(api.url, revision, api.autonomous())
    const portland = { name: 'get_weather', arguments: { city: 'Portland' } }
    expect((await next.callTool(portland)).structuredContent).toMatchObject({ region: 'Oregon' })
  },
)
