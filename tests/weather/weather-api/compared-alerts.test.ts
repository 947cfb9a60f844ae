import { temporaryFile } from '@entra-agents/service-kit/testing/temporary-file'
import { beforeEach, describe, expect, it } from 'vitest'
import { forFile } from '../../support/for-file.ts'
import { postJson } from '../../support/post-json.ts'
import { connectClient, revisions } from '../mcp-server/clients.ts'
import { startOpenMeteoStub } from './open-meteo-stub.ts'
import { type RunningWeatherApi, startWeatherApi } from './service.ts'

const untilDate = new Date(Date.now() + 30 * 24 * 3_600_000).toISOString().slice(0, 10)
const meteoStub = await forFile(startOpenMeteoStub())
const environment = {
  ALERTS_FILE: temporaryFile('alerts.sqlite'),
  WEATHER_PROVIDER: 'open-meteo',
  OPEN_METEO_GEOCODING_URL: meteoStub.url,
  OPEN_METEO_FORECAST_URL: meteoStub.url,
}
const unknown = { now: null, reached: null }
/** The weather of the stub, in each of its places. */
const now = { celsius: -3.4, observedAt: '2026-01-01T00:00:00.000Z', source: 'open-meteo' }

let api: RunningWeatherApi
/** A token of a new user in each test. */
let token: string
// The caches of an API that has just started are empty.
beforeEach(async () => {
  meteoStub.fail(undefined)
  meteoStub.requests.length = 0
  api = await startWeatherApi(environment)
  token = api.onBehalfOf({ oid: crypto.randomUUID(), scp: 'Alerts.ReadWrite' })
  return () => api.close()
})

async function create(city: string, celsius: number, side = 'below'): Promise<void> {
  const alert = { city, when: { kind: `temperature-${side}`, celsius }, untilDate }
  const headers = { 'idempotency-key': crypto.randomUUID() }
  expect((await postJson(`${api.url}/alerts`, alert, { token, headers })).status).toBe(201)
}

const list = async () => (await api.ask(token, '/alerts')) as { status: number; body: unknown }

describe('listed alerts', () => {
  it('are compared with the weather, which is asked for once for each place and then comes from the cache', async () => {
    await create('Oslo', -3.3)
    await create('Oslo', -3.5, 'above')
    await create('Portland, Maine', 0, 'above')
    for (const _time of [1, 2])
      expect((await list()).body).toMatchObject({
        alerts: [
          // No other weather of a place is told to those without the right to weather.
          {
            city: 'Oslo',
            now: expect.toSatisfy(told => JSON.stringify(told) === JSON.stringify(now)),
            reached: true,
          },
          { city: 'Oslo', now, reached: true },
          { city: 'Portland, Maine', now, reached: false },
        ],
      })
    expect(meteoStub.requests).toHaveLength(4)
  })

  it('are compared with the weather for MCP clients, too', async () => {
    await create('Oslo', -3)
    await create('Nowhere', -3)
    await using mcp = await connectClient(api.url, revisions[0], token)
    const { structuredContent, isError } = await mcp.callTool({ name: 'list_alerts', arguments: {} })
    expect(isError).toBeFalsy()
    const alerts = [
      { city: 'Oslo', now, reached: true },
      { city: 'Nowhere', ...unknown },
    ]
    expect(structuredContent).toMatchObject({ alerts })
  })

  const current = (members: object) =>
    JSON.stringify({
      results: [{ name: 'Oslo', latitude: 59.91, longitude: 10.75 }],
      current: { time: 1_767_225_600, temperature_2m: -3.4, weather_code: 71, ...members },
    })
  it.each([
    ['an error', 500, '{}'],
    ['nothing', 200, ''],
    ['a word as the temperature', 200, current({ temperature_2m: 'cold' })],
    ['no temperature', 200, current({ temperature_2m: null })],
    ['a temperature that occurs nowhere', 200, current({ temperature_2m: 9_999 })],
    ['an infinite temperature', 200, current({}).replace('-3.4', '-1e999')],
    ['a time that is none', 200, current({ time: 1e300 })],
  ])('come without weather if its source answers with %s', async (_what, status, body) => {
    await create('Oslo', -3)
    meteoStub.fail({ status, body })
    expect(await list()).toMatchObject({ status: 200, body: { alerts: [{ city: 'Oslo', ...unknown }] } })
  })
})
