import { DatabaseSync } from 'node:sqlite'
import { temporaryFile } from '@entra-agents/service-kit/testing/temporary-file'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { forFile } from '../../support/for-file.ts'
import { postJson } from '../../support/post-json.ts'
import { connectClient, revisions } from '../mcp-server/clients.ts'
import { startOpenMeteoStub } from './open-meteo-stub.ts'
import { type RunningWeatherApi, startWeatherApi } from './service.ts'

const untilDate = new Date(Date.now() + 30 * 24 * 3_600_000).toISOString().slice(0, 10)
const file = temporaryFile('alerts.sqlite')
const meteoStub = await forFile(startOpenMeteoStub())
const unknown = { now: null, reached: null }
/** The weather of the stub, in each of its places. */
const now = { celsius: -3.4, observedAt: '2026-01-01T00:00:00.000Z', source: 'open-meteo' }

let api: RunningWeatherApi
/** A new user in each test. */
let user: string
const token = (of = api) => of.onBehalfOf({ oid: user, scp: 'Alerts.ReadWrite' })

/** An API whose caches are empty. */
const start = (provider: string) =>
  startWeatherApi({
    ALERTS_FILE: file,
    WEATHER_PROVIDER: provider,
    OPEN_METEO_GEOCODING_URL: meteoStub.url,
    OPEN_METEO_FORECAST_URL: meteoStub.url,
  })
beforeEach(async () => {
  user = crypto.randomUUID()
  meteoStub.fail(undefined)
  meteoStub.requests.length = 0
  api = await start('open-meteo')
  return () => api.close()
})

async function create(city: string, celsius: number, side = 'below'): Promise<void> {
  const alert = { city, when: { kind: `temperature-${side}`, celsius }, untilDate }
  const headers = { 'idempotency-key': crypto.randomUUID() }
  const { status } = await postJson(`${api.url}/alerts`, alert, { token: token(), headers })
  expect(status).toBe(201)
}

async function list(from = api) {
  const headers = { authorization: `Bearer ${token(from)}` }
  const response = await fetch(`${from.url}/alerts`, { headers })
  const { alerts } = (await response.json()) as { alerts: { city: string; now: unknown; reached: unknown }[] }
  return { status: response.status, alerts }
}

/** Copies an alert of the user into many places, beyond what one owner may create. */
function multiply(count: number, cityOf: (index: number) => string): void {
  using database = new DatabaseSync(file)
  const insert = database.prepare(
    `INSERT INTO alerts SELECT ?, owner, ?, ?, kind, ?, until_date, created_at FROM alerts WHERE owner LIKE ? LIMIT 1`,
  )
  for (let index = 0; index < count; index += 1) {
    const city = cityOf(index)
    insert.run(crypto.randomUUID(), city, `${city} ${index}`, -10 - index / 10, `%${user}`)
  }
}

describe('listed alerts', () => {
  it('are compared with the weather, which is asked for once for each place and then comes from the cache', async () => {
    await create('Oslo', -3.3)
    await create('Oslo', -3.4)
    await create('Oslo', -3.5, 'above')
    await create('Portland, Maine', 0, 'above')
    for (const _time of [1, 2])
      expect((await list()).alerts).toMatchObject([
        { city: 'Oslo', now, reached: true },
        { city: 'Oslo', now, reached: false },
        { city: 'Oslo', now, reached: true },
        { city: 'Portland, Maine', now, reached: false },
      ])
    expect(meteoStub.requests).toHaveLength(4)
  })

  it.each(revisions)('are compared with the weather for MCP clients of revision %s', async revision => {
    await create('Oslo', -3)
    await create('Nowhere', -3)
    await using mcp = await connectClient(api.url, revision, token()).then(client => ({
      client,
      [Symbol.asyncDispose]: () => client.close(),
    }))
    const { structuredContent, isError } = await mcp.client.callTool({ name: 'list_alerts', arguments: {} })
    expect(isError).toBeFalsy()
    expect(structuredContent).toMatchObject({
      alerts: [
        { city: 'Oslo', now, reached: true },
        { city: 'Nowhere', ...unknown },
      ],
    })
  })

  it('leave the other weather of a place to those with the right to weather', async () => {
    await create('Oslo', -3)
    const [alert] = (await list()).alerts
    expect(Object.keys(alert?.now as object)).toEqual(['celsius', 'observedAt', 'source'])
  })

  const current = (members: object) =>
    JSON.stringify({
      results: [{ name: 'Oslo', latitude: 59.91, longitude: 10.75 }],
      current: { time: 1_767_225_600, temperature_2m: -3.4, weather_code: 71, ...members },
    })
  it.each([
    ['an error', 500, '{}'],
    ['no JSON', 200, '<html>'],
    ['nothing', 200, ''],
    ['a word as the temperature', 200, current({ temperature_2m: 'cold' })],
    ['no temperature', 200, current({ temperature_2m: null })],
    ['a temperature that occurs nowhere', 200, current({ temperature_2m: 9_999 })],
    ['an infinite temperature', 200, current({}).replace('-3.4', '-1e999')],
    ['a time that is none', 200, current({ time: 1e300 })],
  ])('come without weather if its source answers with %s', async (_what, status, body) => {
    await create('Oslo', -3)
    meteoStub.fail({ status, body })
    expect(await list()).toMatchObject({ status: 200, alerts: [{ city: 'Oslo', ...unknown }] })
  })

  it('come in about four seconds if the source of weather hangs, with climate normals if these are configured', async () => {
    const withNormals = await start('auto')
    onTestFinished(() => withNormals.close())
    await create('Oslo', -3)
    multiply(100, index => `Town ${index}`)
    meteoStub.fail('silence')
    const startedMs = performance.now()
    const [{ status, alerts }, usual] = await Promise.all([list(), list(withNormals)])
    const lastedMs = performance.now() - startedMs
    expect([status, alerts.length]).toEqual([200, 101])
    for (const alert of alerts) expect(alert).toMatchObject(unknown)
    expect(lastedMs).toBeGreaterThan(2_900)
    expect(lastedMs).toBeLessThan(8_000)
    expect(usual.alerts[0]).toMatchObject({ city: 'Oslo', now: { source: 'climate-normals' } })
    expect(usual.alerts.at(-1)).toMatchObject(unknown)
  })

  it('of 100 in one place need one look-up, and in 100 places do not make weather fail for others', async () => {
    await create('Oslo', -3)
    multiply(100, () => 'Oslo')
    expect((await list()).alerts.filter(({ now }) => now !== null)).toHaveLength(101)
    expect(meteoStub.requests).toHaveLength(2)
    multiply(100, index => `Town ${index}`)
    const lists = Promise.all([1, 2, 3].map(() => list()))
    expect((await api.ask(api.autonomous(), '/weather?city=Portland')).status).toBe(200)
    for (const { status, alerts } of await lists) expect([status, alerts.length]).toEqual([200, 201])
  })
})
