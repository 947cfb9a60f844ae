import { beforeEach, expect, it, onTestFinished } from 'vitest'
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
beforeEach(() => {
  meteo.requests.length = 0
  meteo.fail('silence')
})

async function openClient(revision: (typeof revisions)[number]) {
  const client = await connectClient(api.url, revision, api.autonomous())
  onTestFinished(() => client.close())
  return client
}

/** Calls a tool, and cancels the call while it waits for Open-Meteo. */
async function cancelCall(client: Awaited<ReturnType<typeof openClient>>): Promise<void> {
  const user = new AbortController()
  const call = client.callTool({ name: 'get_weather', arguments: { city: 'Oslo' } }, { signal: user.signal })
  await expect.poll(() => meteo.requests.length).toBe(1)
  user.abort()
  await expect(call).rejects.toThrow()
}

it('A call of a tool ends when the client cancels it, and the request to Open-Meteo ends too', async () => {
  const { abandoned } = meteo
  await cancelCall(await openClient('2026-07-28'))
  await expect.poll(() => meteo.abandoned).toBe(abandoned + 1)
  // The log names the abort by the client, not the time-out for Open-Meteo.
  await expect
    .poll(() => lines.map(line => JSON.parse(line)))
    .toContainEqual(expect.objectContaining({ level: 30, tool: 'get_weather', code: 'REQUEST_ABORTED' }))
})

it.each(revisions)('Later calls are not disturbed when a client of revision %s hangs up', async revision => {
  const client = await openClient(revision)
  await cancelCall(client)
  await client.close()
  meteo.fail(undefined)
  const portland = { name: 'get_weather', arguments: { city: 'Portland' } }
  const next = await (await openClient(revision)).callTool(portland)
  expect(next.structuredContent).toMatchObject({ region: 'Oregon', source: 'open-meteo' })
})
