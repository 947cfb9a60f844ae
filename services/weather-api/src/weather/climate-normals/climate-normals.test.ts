import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { normalizeName } from '../place-names.ts'
import { cities, type MonthlyMeans } from './cities.ts'
import { ClimateNormals } from './climate-normals.ts'
import { localDate, normalOfDay, partOfMonth } from './seasons.ts'

describe('the table of cities', () => {
  it('has each name once only, and at least 60 cities in time zones of every inhabited continent', () => {
    const names = cities.flatMap(({ name, alsoCalled = [] }) => [name, ...alsoCalled].map(normalizeName))
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
    expect(cities.length).toBeGreaterThanOrEqual(60)
    for (const { timeZone } of cities) expect(localDate(0, timeZone)).toMatch(/^19(69|70)-\d\d-\d\d$/)
    const continents = new Set(cities.map(({ timeZone }) => timeZone.split('/', 1)[0]))
    expect([...continents].sort().join()).toBe('Africa,America,Asia,Atlantic,Australia,Europe,Pacific')
  })

  it.each(cities)('has plausible figures for the twelve months of $name', ({ low, high, timeZone }) => {
    expect([low.length, high.length]).toEqual([12, 12])
    for (const [month, highest] of high.entries()) {
      expect(highest).toBeGreaterThan(low[month] ?? 99)
      expect(Math.abs((high[(month + 1) % 12] ?? 0) - highest)).toBeLessThanOrEqual(13)
    }
    const [january = Number.NaN, july = Number.NaN] = [high[0], high[6]]
    if (timeZone.startsWith('Europe/')) expect(july).toBeGreaterThan(january)
    if (timeZone.startsWith('Australia/')) expect(january).toBeGreaterThan(july)
  })
})

it.each([
  ['in the middle of a month', '2027-01-16', 0],
  ['in the middle of a month', '2027-04-20', 20],
  ['in the middle of a month', '2027-12-16', 12],
  ['between two middles', '2027-01-31', (10 * 15) / 29.5],
  ['before New Year', '2027-12-31', (12 * 16) / 31],
  ['after New Year', '2027-01-01', (12 * 15) / 31],
  ['in a leap year', '2028-02-29', 10 + (10 * 14) / 30],
])('The normal of a day %s (%s) changes linearly between the means of months', (_where, date, expected) => {
  const means: MonthlyMeans = [0, 10, 20, 20, 20, 20, 20, 20, 20, 20, 20, 12]
  expect(normalOfDay(date, means)).toBeCloseTo(expected, 5)
})

it('Dates are local to the city', () => {
  const instant = Date.UTC(2026, 6, 31, 23)
  expect(localDate(instant, 'Asia/Tokyo')).toBe('2026-08-01')
  expect(localDate(instant, 'America/Los_Angeles')).toBe('2026-07-31')
  expect(localDate(instant, 'America/Los_Angeles', 2)).toBe('2026-08-02')
})

it.each([
  ['2026-07-01', 'early July'],
  ['2026-07-11', 'mid-July'],
  ['2026-12-31', 'late December'],
])('The date %s is in “%s”', (date, words) => expect(partOfMonth(date)).toBe(words))

describe('ClimateNormals', () => {
  const normals = new ClimateNormals()
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 6, 16, 12) })
  })
  afterEach(() => vi.useRealTimers())

  it('says that the weather is a long-term average, and has cool weather in July south of the equator', async () => {
    expect(await normals.current('Phoenix')).toEqual({
      city: 'Phoenix',
      region: 'Arizona',
      country: 'United States',
      temperature_c: 35,
      temperature_f: 95,
      condition: 'usually very hot in mid-July (long-term average)',
      observed_at: '2026-07-16T12:00:00.000Z',
      source: 'climate-normals',
    })
    const { condition } = await normals.current('Wellington')
    expect(condition).toBe('usually cool in mid-July (long-term average)')
  })

  it.each([
    ['new york city', 'New York'],
    ['NYC', 'New York'],
    ['Sao Paulo', 'São Paulo'],
    ['Muenchen', 'Munich'],
    ['  wien ', 'Vienna'],
    ['København', 'Copenhagen'],
    ['Dallas, TX', 'Dallas'],
    ['Washington, D.C.', 'Washington'],
    ['Paris, France', 'Paris'],
    ['Köln', 'Cologne'],
    ['Saint Louis', 'St. Louis'],
    ['st louis, mo', 'St. Louis'],
    ['Portland, OR', 'Portland'],
    ['Frankfurt am Main', 'Frankfurt'],
    ['Genève', 'Geneva'],
  ])('finds “%s” as the city “%s”', async (asked, city) => {
    expect((await normals.current(asked)).city).toBe(city)
  })
})
