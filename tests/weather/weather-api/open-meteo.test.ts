import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type OpenMeteoStub, startOpenMeteoStub } from './open-meteo-stub.ts'
import { type RunningWeatherApi, startWeatherApi } from './service.ts'

let meteoStub: OpenMeteoStub
let api: RunningWeatherApi

beforeEach(async () => {
  meteoStub = await startOpenMeteoStub()
})
afterEach(async () => {
  await api.close()
  await meteoStub.close()
  vi.useRealTimers()
})

async function startApi(provider: 'open-meteo' | 'auto'): Promise<void> {
  vi.useFakeTimers({ toFake: ['Date'] })
  api = await startWeatherApi({
    WEATHER_PROVIDER: provider,
    OPEN_METEO_GEOCODING_URL: meteoStub.url,
    OPEN_METEO_FORECAST_URL: `${meteoStub.url}/`,
  })
}

const ask = (path: string) => api.ask(api.autonomous(), path)
const sourceOf = async (path: string) => (await ask(path)).body.source
const noSuchCity = { status: 404, body: { code: 'CITY_NOT_FOUND' } }

describe('live weather', () => {
  beforeEach(() => startApi('open-meteo'))

  it('is what Open-Meteo says about the place', async () => {
    const { status, body } = await ask('/weather?city=Oslo')
    expect(status).toBe(200)
    expect(body).toMatchObject({
      city: 'Oslo',
      country: 'Norway',
      temperature_c: -3.4,
      temperature_f: 25.9,
      condition: 'light snow',
      humidity_percent: 87,
      wind_kph: 11.2,
      observed_at: '2026-01-01T00:00:00.000Z',
      source: 'open-meteo',
    })
    expect(body.region).toBeUndefined()
    const asked = meteoStub.requests.map(({ href }) => href)
    expect(asked).toMatchObject([
      expect.stringMatching(/\/v1\/search\?name=Oslo&/),
      expect.stringMatching(/\/v1\/forecast\?latitude=59.91&/),
    ])
  })

  it('has a forecast for days in the time zone of the place', async () => {
    const { body } = await ask('/weather/forecast?city=Oslo&days=2')
    expect(body).toMatchObject({
      source: 'open-meteo',
      days: [
        { date: '2026-01-01', low_c: -5, high_c: 0.5, low_f: 23, high_f: 32.9, condition: 'overcast' },
        { date: '2026-01-02', low_c: -4, high_c: 1.5 },
      ],
    })
    expect(body.days).toHaveLength(2)
    expect(meteoStub.requests.at(-1)?.searchParams.get('timezone')).toBe('auto')
  })

  it('is for the place in the requested region if several places have the same name', async () => {
    expect((await ask('/weather?city=Portland')).body.region).toBe('Oregon')
    expect((await ask('/weather?city=Portland,%20Maine')).body.region).toBe('Maine')
    expect((await ask('/weather?city=Portland,%20ME,%20USA')).body.region).toBe('Maine')
  })

  it.each([
    ['Portland,%20Norway', ['Portland, Oregon', 'Portland, Maine']],
    ['Osloo', ['Oslo']],
  ])('of the unknown place %s is a 404 with close names', async (city, suggestions) => {
    expect(await ask(`/weather?city=${city}`)).toMatchObject({
      status: 404,
      body: { code: 'CITY_NOT_FOUND', suggestions },
    })
  })

  it('is requested once for many concurrent callers, and cached for a while', async () => {
    const responses = await Promise.all(Array.from({ length: 30 }, () => ask('/weather?city=Oslo')))
    expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([200]))
    for (const city of ['Oslo', 'OSLO']) await ask(`/weather?city=${city}`)
    const paths = meteoStub.requests.map(({ pathname }) => pathname)
    expect(paths).toEqual(['/v1/search', '/v1/forecast', '/v1/search'])
  })

  it.each([
    ['another shape', { status: 200, body: '{"results":[{"name":7}]}' }, undefined],
    ['far too much, compressed,', { status: 200, body: `"${'x'.repeat(1_000_000)}"`, compressed: true }, 200],
  ])('that Open-Meteo sends as %s becomes a 503', async (_name, fault, upstreamStatus) => {
    meteoStub.fail(fault)
    const { status, body } = await ask('/weather?city=Oslo')
    expect([status, body.code]).toEqual([503, 'WEATHER_UNAVAILABLE'])
    expect([body.upstream.service, body.upstream.status]).toEqual(['open-meteo', upstreamStatus])
    meteoStub.fail(undefined)
    expect((await ask('/weather?city=Oslo')).status).toBe(200)
  })
})

describe('live weather with climate normals to fall back on', () => {
  beforeEach(() => startApi('auto'))

  it('is live while Open-Meteo is within reach, else falls back at once, says so, and calls Open-Meteo again only after a minute', async () => {
    expect(await sourceOf('/weather?city=Portland,%20Maine')).toBe('open-meteo')
    expect(await ask('/weather?city=Xyzzy')).toMatchObject(noSuchCity)
    meteoStub.requests.length = 0
    meteoStub.fail({ status: 502, body: '' })
    expect(await sourceOf('/weather?city=Oslo')).toBe('climate-normals')
    expect(meteoStub.requests).toHaveLength(1)
    meteoStub.fail(undefined)
    expect(await sourceOf('/weather/forecast?city=Oslo')).toBe('climate-normals')
    expect(await ask('/weather?city=Xyzzy')).toMatchObject(noSuchCity)
    expect(meteoStub.requests).toHaveLength(1)
    vi.setSystemTime(Date.now() + 60_000)
    expect(await sourceOf('/weather?city=Oslo')).toBe('climate-normals')
    await expect.poll(() => sourceOf('/weather?city=Oslo')).toBe('open-meteo')
  })

  it('makes no caller wait while Open-Meteo is called again after a failure', async () => {
    meteoStub.fail({ status: 502, body: '' })
    await ask('/weather?city=Oslo')
    meteoStub.fail('silence')
    vi.setSystemTime(Date.now() + 60_000)
    expect(await sourceOf('/weather?city=Oslo')).toBe('climate-normals')
    expect(meteoStub.abandoned).toBe(0)
    await expect.poll(() => meteoStub.requests.length).toBe(2)
  })
})
