import { writeFile } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { temporaryFile } from '@entra-agents/service-kit/testing/temporary-file'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import type { AlertRequest } from './alert.ts'
import { AlertStore, openAlertStore } from './alert-store.ts'

const hourMs = 3_600_000
const ada = { tenantId: 'tenant-1', objectId: 'ada' }
const ben = { tenantId: 'tenant-1', objectId: 'ben' }
const keyOf = (value: string, caller = 'agent-1') => ({ caller, value })
const oslo: AlertRequest = {
  city: 'Oslo',
  when: { kind: 'temperature-below', celsius: -5 },
  untilDate: '2026-12-24',
}

describe('the store of alerts', () => {
  let nowMs: number
  let store: AlertStore
  beforeEach(() => {
    nowMs = Date.parse('2026-12-01T12:00:00Z')
    store = new AlertStore(':memory:', () => nowMs)
  })
  afterEach(() => store.close())

  it('keeps an alert until it is deleted, for its owner only', () => {
    const { alert, outcome } = store.create(ada, keyOf('k'), oslo)
    expect({ alert, outcome }).toEqual({
      outcome: 'created',
      alert: { ...oslo, id: expect.stringMatching(/^[0-9a-f-]{36}$/), createdAt: '2026-12-01T12:00:00.000Z' },
    })
    store.remove(ben, alert.id)
    expect([store.list(ada), store.find(ada, alert.id)]).toEqual([[alert], alert])
    expect([store.list(ben), store.find(ben, alert.id)]).toEqual([[], undefined])
    store.remove(ada, alert.id)
    store.remove(ada, alert.id)
    expect(store.list(ada)).toEqual([])
  })

  it('repeats the first result for a repeated key, even if the alert has been deleted since', () => {
    const { alert } = store.create(ada, keyOf('k'), oslo)
    expect(store.create(ada, keyOf('k'), oslo)).toEqual({ alert, outcome: 'replayed' })
    store.remove(ada, alert.id)
    expect(store.create(ada, keyOf('k'), oslo)).toEqual({ alert, outcome: 'replayed' })
    expect(store.list(ada)).toEqual([])
  })

  // biome-ignore format: table
  it.each<[string, AlertRequest]>([
    ['city', { ...oslo, city: 'Bergen' }],
    ['kind', { ...oslo, when: { ...oslo.when, kind: 'temperature-above' } }],
    ['temperature', { ...oslo, when: { ...oslo.when, celsius: -6 } }],
    ['last day', { ...oslo, untilDate: '2026-12-25' }],
  ])('refuses a key that was first used for an alert with another %s', (_what, order) => {
    store.create(ada, keyOf('k'), oslo)
    expect(() => store.create(ada, keyOf('k'), order)).toThrow(
      expect.objectContaining({ code: 'IDEMPOTENCY_KEY_REUSED' }),
    )
    expect(store.list(ada)).toHaveLength(1)
  })

  it('treats a key as new if only another owner or another caller has used it', () => {
    store.create(ada, keyOf('k'), oslo)
    expect(store.create(ben, keyOf('k'), oslo).outcome).toBe('created')
    const warmer = { ...oslo, when: { ...oslo.when, celsius: 0 } }
    expect(store.create(ada, keyOf('k', 'agent-2'), warmer).outcome).toBe('created')
  })

  it('returns the existing alert instead of creating an equal one, whether the call has a new key or no key', () => {
    const { alert } = store.create(ada, keyOf('k'), oslo)
    for (const key of [keyOf('l'), undefined])
      expect(store.create(ada, key, { ...oslo, city: ' OSLO' })).toEqual({ alert, outcome: 'existed' })
    expect(() => store.create(ada, undefined, { ...oslo, untilDate: '2026-12-31' })).toThrow(
      expect.objectContaining({ code: 'ALERT_EXISTS' }),
    )
    expect(store.list(ada)).toEqual([alert])
  })

  it.each([
    ['தேனி', 'தானே'],
    ['!!!', '???'],
  ])('treats alerts for %s and %s as different ones', (one, other) => {
    const cities = [one, other].map(city => store.create(ada, undefined, { ...oslo, city }).alert.city)
    expect(cities).toEqual([one, other])
    expect(store.list(ada)).toHaveLength(2)
  })

  it('forgets keys after 24 hours, and alerts when their last day is over in all time zones', () => {
    store.create(ada, keyOf('k'), { ...oslo, untilDate: '2026-12-01' })
    nowMs += 23 * hourMs
    expect(store.create(ada, keyOf('k'), { ...oslo, untilDate: '2026-12-01' }).outcome).toBe('replayed')
    expect(store.list(ada)).toHaveLength(1)
    nowMs += hourMs
    expect(store.list(ada)).toEqual([])
    expect(store.create(ada, keyOf('k'), oslo).outcome).toBe('created')
  })

  it.each(['2026-11-30', '2027-12-03', '2026-02-30', '2026-13-01', '0000-00-00'])(
    'refuses an alert with the last day %s',
    untilDate => {
      expect(() => store.create(ada, keyOf('k'), { ...oslo, untilDate })).toThrow(
        expect.objectContaining({ code: 'INVALID_REQUEST' }),
      )
      expect(store.create(ada, keyOf('k'), oslo).outcome).toBe('created')
    },
  )

  it('keeps at most 20 alerts of an owner, however many other owners have', () => {
    const orders = Array.from({ length: 21 }, (_, celsius) => ({ ...oslo, when: { ...oslo.when, celsius } }))
    const [last = oslo, ...first] = orders.reverse()
    for (const [index, order] of first.entries()) store.create(ada, keyOf(`k${index}`), order)
    expect(() => store.create(ada, keyOf('last'), last)).toThrow(
      expect.objectContaining({ code: 'ALERT_LIMIT_REACHED', message: 'One owner can have 20 alerts.' }),
    )
    expect(store.create(ben, keyOf('last'), last).outcome).toBe('created')
    store.remove(ada, store.list(ada)[0]?.id ?? '')
    expect(store.create(ada, keyOf('last'), last).outcome).toBe('created')
  })

  it('keeps at most 1,000 keys of an owner, so that creating and deleting cannot fill the disk', () => {
    for (let index = 0; index < 1_000; index += 1) store.create(ada, keyOf(`k${index}`), oslo)
    expect(() => store.create(ada, keyOf('one-more'), oslo)).toThrow(
      expect.objectContaining({
        code: 'ALERT_LIMIT_REACHED',
        message: 'One owner can make 1000 calls that create alerts in 24 hours.',
      }),
    )
    expect(store.create(ada, keyOf('k0'), oslo).outcome).toBe('replayed')
  })
})

describe('the file of the alerts', () => {
  const inFile = () => temporaryFile('alerts.sqlite', onTestFinished)

  it('is written before a call returns, so that another process can read the alert', () => {
    const file = inFile()
    const store = new AlertStore(file)
    const { alert } = store.create(ada, keyOf('k'), { ...oslo, untilDate: inAMonth() })
    const reader = new AlertStore(file)
    expect(reader.list(ada)).toEqual([alert])
    reader.close()
    store.close()
  })

  it('is reported as busy if a call comes while another process writes, and the call changes nothing', () => {
    const file = inFile()
    const store = new AlertStore(file)
    const other = new DatabaseSync(file)
    other.exec('BEGIN IMMEDIATE')
    const create = () => store.create(ada, keyOf('k'), { ...oslo, untilDate: inAMonth() }).outcome
    expect(create).toThrow(expect.objectContaining({ code: 'ALERTS_BUSY' }))
    other.exec('ROLLBACK')
    expect(create()).toBe('created')
    other.close()
    store.close()
  })

  it('is reported as unavailable if a call cannot write it, and the call changes nothing', () => {
    const file = inFile()
    const store = new AlertStore(file)
    const other = new DatabaseSync(file)
    other.exec('ALTER TABLE idempotency_keys RENAME TO gone')
    const create = () => store.create(ada, keyOf('k'), { ...oslo, untilDate: inAMonth() })
    expect(create).toThrow(expect.objectContaining({ code: 'ALERTS_UNAVAILABLE' }))
    expect(store.list(ada)).toEqual([])
    other.close()
    store.close()
  })

  it('leaves room for others when ten owners have as many keys, and fifty as many alerts, as they can have', () => {
    const file = inFile()
    const store = new AlertStore(file)
    const other = new DatabaseSync(file)
    const rows = (count: number) =>
      `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${count - 1})`
    other.exec(`
      ${rows(10_000)} INSERT INTO idempotency_keys SELECT 't/' || (i / 1000), 'a', i, 'f', '{}', ${Date.now()} FROM n;
      ${rows(1_000)} INSERT INTO alerts SELECT i, 't/' || (i / 20), 'Oslo', 'oslo', 'k', i, '${inAMonth()}', 'now' FROM n`)
    other.close()
    const order = { ...oslo, untilDate: inAMonth() }
    expect(store.create(ada, keyOf('k'), order).outcome).toBe('created')
    const full = { tenantId: 't', objectId: '9' }
    for (const key of [keyOf('k'), undefined])
      expect(() => store.create(full, key, { ...order, city: 'Bergen' })).toThrow(
        expect.objectContaining({ code: 'ALERT_LIMIT_REACHED' }),
      )
    store.close()
  })

  it('has a largest size; once full, it takes deletions only, until old keys make room', () => {
    let nowMs = Date.now()
    const store = new AlertStore(':memory:', () => nowMs, 32)
    const order = { ...oslo, untilDate: inAMonth() }
    const owners = Array.from({ length: 2_000 }, (_, index) => ({ ...ada, objectId: `owner-${index}` }))
    const fill = () => {
      for (const owner of owners) store.create(owner, keyOf('k'), order)
    }
    expect(fill).toThrow(
      expect.objectContaining({
        code: 'ALERTS_UNAVAILABLE',
        message: 'The file is as large as it may be, or its volume is full.',
      }),
    )
    const [first = ada] = owners
    for (const { id } of store.list(first)) store.remove(first, id)
    expect(store.list(first)).toEqual([])
    nowMs += 24 * hourMs
    expect(store.create(ben, keyOf('k'), order).outcome).toBe('created')
    store.close()
  })

  it('is reported as a fault of the configuration if it is no database or has no folder', async () => {
    const file = inFile()
    await writeFile(file, 'no database at all, but long enough to be looked at as one')
    expect(() => openAlertStore(file)).toThrow(`ALERTS_FILE names ${file}, which cannot be used`)
    expect(() => openAlertStore('/nowhere/alerts.sqlite')).toThrow('ALERTS_FILE names /nowhere/alerts.sqlite')
  })
})

function inAMonth(): string {
  return new Date(Date.now() + 30 * 24 * hourMs).toISOString().slice(0, 10)
}
