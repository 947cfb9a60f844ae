import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import { problem } from '../problems.ts'
import type { CurrentWeather, WeatherProvider } from '../weather/provider.ts'
import type { Alert } from './alert.ts'
import { compareWithWeather } from './comparison.ts'

const observedAt = '2026-12-01T12:00:00.000Z'
const log = { info: vi.fn() }
type Current = WeatherProvider['current']

const weatherAt = (city: string, temperature_c: number): CurrentWeather => ({
  city,
  country: 'Norway',
  temperature_c,
  temperature_f: 0,
  condition: 'snow',
  observed_at: observedAt,
  source: 'open-meteo',
})

const alertFor = (city: string, celsius = -5, side: 'below' | 'above' = 'below'): Alert => ({
  id: crypto.randomUUID(),
  city,
  when: { kind: `temperature-${side}`, celsius },
  untilDate: '2026-12-24',
  createdAt: observedAt,
})

/** What the alerts are compared with, and which cities were looked up, by a provider that acts like this. */
async function compare(alerts: readonly Alert[], current: Current, signal?: AbortSignal) {
  const cities: string[] = []
  const provider = {
    current(city: string, until?: AbortSignal) {
      cities.push(city)
      return current(city, until)
    },
  } as WeatherProvider
  log.info.mockClear()
  return { compared: await compareWithWeather(alerts, provider, log, signal), cities }
}

/** Never answers; ends when the signal aborts, as providers do. */
const hang: Current = (_city, signal) =>
  new Promise((_resolve, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason))
    if (signal?.aborted) reject(signal.reason)
  })

const unknown = { now: null, reached: null }

it.each([
  ['below', -5, -5.1, true],
  ['below', -5, -5, false],
  // What is told is rounded, and so is what is compared.
  ['below', -5, -5.04, false],
  ['above', 30, 30.1, true],
  ['above', 30, 30, false],
  ['below', 0, -0.04, false],
] as const)('An alert %s %d °C at %d °C is reached: %s', async (side, limit, temperature, reached) => {
  const alert = alertFor('Oslo', limit, side)
  const { compared } = await compare([alert], async city => weatherAt(city, temperature))
  const celsius = Math.round(temperature * 10) / 10
  expect(compared).toMatchObject([{ now: { celsius, observedAt, source: 'open-meteo' }, reached }])
})

describe('the weather of alerts', () => {
  const cold: Current = async city => weatherAt(city, -20)

  it('is looked up once for each place, however it is written and however many alerts it has', async () => {
    const alerts = Array.from({ length: 100 }, (_, index) => alertFor(index % 2 ? 'Oslo' : ' OSLO', -index))
    const others = ['Portland, Maine', 'Portland, Oregon', 'Portland Oregon', 'portland,oregon'].map(city =>
      alertFor(city),
    )
    const { compared, cities } = await compare([...alerts, ...others], cold)
    expect(cities).toEqual(['Oslo', 'Portland, Maine', 'portland,oregon', 'Portland Oregon'])
    expect(compared.map(({ id }) => id)).toEqual([...alerts, ...others].map(({ id }) => id))
    expect(compared.filter(({ reached }) => reached)).toHaveLength(20 + 4)
    expect(log.info).not.toHaveBeenCalled()
  })

  it('is looked up for eight places at a time, so that 100 places do not keep other callers out', async () => {
    const places = Array.from({ length: 100 }, (_, index) => alertFor(`Town ${index}`))
    let running = 0
    let most = 0
    const { compared, cities } = await compare(places, async city => {
      running += 1
      most = Math.max(most, running)
      await delay(1)
      running -= 1
      return weatherAt(city, -20)
    })
    expect([most, cities.length]).toEqual([8, 100])
    expect(compared.every(({ reached }) => reached)).toBe(true)
  })

  it('is unknown for the places alone for which the provider fails, and the log has one line', async () => {
    const places = ['Oslo', 'Nowhere', 'Oops', 'Rome'].map(city => alertFor(city))
    const { compared } = await compare(places, async city => {
      if (city === 'Nowhere') throw problem('CITY_NOT_FOUND', 'No such place.')
      if (city === 'Oops') throw new TypeError('A bug.')
      return weatherAt(city, -20)
    })
    expect(compared.map(({ now, reached }) => ({ now: now?.celsius ?? null, reached }))).toEqual([
      { now: -20, reached: true },
      unknown,
      unknown,
      { now: -20, reached: true },
    ])
    const reasons = ['CITY_NOT_FOUND', 'TypeError: A bug.']
    expect(log.info.mock.calls).toEqual([[{ reasons }, expect.any(String)]])
  })

  it('is waited for four seconds at most, in one place and in 100', async () => {
    vi.useFakeTimers()
    const places = Array.from({ length: 100 }, (_, index) => alertFor(`Town ${index}`))
    const list = compare(places, (city, signal) =>
      city === 'Town 0' ? cold(city, signal) : hang(city, signal),
    )
    await vi.advanceTimersByTimeAsync(3_999)
    const isReady = await Promise.race([list.then(() => true), Promise.resolve(false)])
    await vi.advanceTimersByTimeAsync(1)
    const { compared } = await list
    expect([isReady, vi.getTimerCount()]).toEqual([false, 0])
    vi.useRealTimers()
    expect(compared.map(({ reached }) => reached)).toEqual([true, ...places.slice(1).map(() => null)])
  })

  it('is no longer waited for when the caller has gone', async () => {
    const caller = new AbortController()
    const list = compare([alertFor('Oslo')], hang, caller.signal)
    caller.abort()
    expect((await list).compared).toMatchObject([unknown])
  })
})
