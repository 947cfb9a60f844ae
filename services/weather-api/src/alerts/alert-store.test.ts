import { writeFile } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { temporaryFile } from '@entra-agents/service-kit/testing/temporary-file'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
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
const at = (celsius: number) => ({ ...oslo, when: { ...oslo.when, celsius } })
const problem = (code: string, more = {}) => expect.objectContaining({ code, ...more })

let nowMs: number
beforeEach(() => {
  nowMs = Date.parse('2026-12-01T12:00:00Z')
})

/** A store that is closed after the test. */
function openStore(file = ':memory:', maxPages?: number): AlertStore {
  const store = new AlertStore(file, () => nowMs, maxPages)
  onTestFinished(() => store.close())
  return store
}

describe('the store of alerts', () => {
  let store: AlertStore
  beforeEach(() => {
    store = openStore()
  })
  const create = (owner = ada, key: ReturnType<typeof keyOf> | undefined = keyOf('k'), order = oslo) =>
    store.create(owner, key, order)

  it('keeps an alert until it is deleted, for its owner only', () => {
    const { alert, outcome } = create()
    expect(outcome).toBe('created')
    const id = expect.stringMatching(/^[0-9a-f-]{36}$/)
    expect(alert).toEqual({ ...oslo, id, createdAt: '2026-12-01T12:00:00.000Z' })
    store.remove(ben, alert.id)
    expect([store.list(ada), store.find(ada, alert.id)]).toEqual([[alert], alert])
    expect([store.list(ben), store.find(ben, alert.id)]).toEqual([[], undefined])
    for (const _time of [1, 2]) store.remove(ada, alert.id)
    expect(store.list(ada)).toEqual([])
  })

  it('repeats the first result for a key that its owner and caller repeat, even if the alert has been deleted since', () => {
    const { alert } = create()
    expect(create()).toEqual({ alert, outcome: 'replayed' })
    store.remove(ada, alert.id)
    expect(create()).toEqual({ alert, outcome: 'replayed' })
    expect(store.list(ada)).toEqual([])
    expect(create(ben).outcome).toBe('created')
    expect(create(ada, keyOf('k', 'agent-2'), at(0)).outcome).toBe('created')
  })

  it.each<[string, AlertRequest]>([
    ['city', { ...oslo, city: 'Bergen' }],
    ['kind', { ...oslo, when: { ...oslo.when, kind: 'temperature-above' } }],
    ['temperature', at(-6)],
    ['last day', { ...oslo, untilDate: '2026-12-25' }],
  ])('refuses a key that was first used for an alert with another %s', (_what, order) => {
    create()
    expect(() => create(ada, keyOf('k'), order)).toThrow(problem('IDEMPOTENCY_KEY_REUSED'))
    expect(store.list(ada)).toHaveLength(1)
  })

  it('returns the existing alert instead of creating an equal one, whether the call has a new key or no key', () => {
    const { alert } = create()
    for (const key of [keyOf('l'), undefined])
      expect(store.create(ada, key, { ...oslo, city: ' OSLO' })).toEqual({ alert, outcome: 'existed' })
    const later = { ...oslo, untilDate: '2026-12-31' }
    expect(() => store.create(ada, undefined, later)).toThrow(problem('ALERT_EXISTS'))
    expect(store.list(ada)).toEqual([alert])
  })

  it('forgets keys after 24 hours, and alerts when their last day is over in all time zones', () => {
    const today = { ...oslo, untilDate: '2026-12-01' }
    create(ada, keyOf('k'), today)
    nowMs += 23 * hourMs
    expect(create(ada, keyOf('k'), today).outcome).toBe('replayed')
    expect(store.list(ada)).toHaveLength(1)
    nowMs += hourMs
    expect(store.list(ada)).toEqual([])
    expect(create().outcome).toBe('created')
  })

  it.each(['2026-11-30', '2027-12-03', '2026-02-30', '2026-13-01', '0000-00-00'])(
    'refuses an alert with the last day %s',
    untilDate => {
      expect(() => create(ada, keyOf('k'), { ...oslo, untilDate })).toThrow(problem('INVALID_REQUEST'))
      expect(create().outcome).toBe('created')
    },
  )

  it('keeps at most 20 alerts and 1,000 keys of an owner, however many other owners have', () => {
    for (let celsius = 1; celsius <= 20; celsius += 1) create(ada, keyOf(`k${celsius}`), at(celsius))
    const alerts = { message: 'One owner can have 20 alerts.' }
    expect(() => create()).toThrow(problem('ALERT_LIMIT_REACHED', alerts))
    expect(create(ben).outcome).toBe('created')
    store.remove(ada, store.list(ada)[0]?.id ?? '')
    for (let key = 21; key <= 1_000; key += 1) create(ada, keyOf(`k${key}`))
    const keys = { message: 'One owner can make 1000 calls that create alerts in 24 hours.' }
    expect(() => create()).toThrow(problem('ALERT_LIMIT_REACHED', keys))
    expect(create(ada, keyOf('k2'), at(2)).outcome).toBe('replayed')
    expect(create(ben, keyOf('another')).outcome).toBe('existed')
  })

  it('has a largest size; once full, it takes deletions only, until old keys make room', () => {
    const small = openStore(':memory:', 32)
    const owners = Array.from({ length: 2_000 }, (_, index) => ({ ...ada, objectId: `owner-${index}` }))
    const fill = () => {
      for (const owner of owners) small.create(owner, keyOf('k'), oslo)
    }
    const message = 'The file is as large as it may be, or its volume is full.'
    expect(fill).toThrow(problem('ALERTS_UNAVAILABLE', { message }))
    const [first = ada] = owners
    for (const { id } of small.list(first)) small.remove(first, id)
    expect(small.list(first)).toEqual([])
    nowMs += 24 * hourMs
    expect(small.create(ben, keyOf('k'), oslo).outcome).toBe('created')
  })
})

it('A call that comes while another process writes, or that cannot write the file, changes nothing and says so', () => {
  const file = temporaryFile('alerts.sqlite', onTestFinished)
  const [store, reader] = [openStore(file), openStore(file)]
  using other = new DatabaseSync(file)
  const create = () => store.create(ada, keyOf('k'), oslo)
  other.exec('BEGIN IMMEDIATE')
  expect(create).toThrow(problem('ALERTS_BUSY'))
  other.exec('ROLLBACK; ALTER TABLE idempotency_keys RENAME TO gone')
  expect(create).toThrow(problem('ALERTS_UNAVAILABLE'))
  expect(store.list(ada)).toEqual([])
  other.exec('ALTER TABLE gone RENAME TO idempotency_keys')
  // Another process can read the alert as soon as the call has returned.
  expect([create().alert]).toEqual(reader.list(ada))
})

it('A file that is no database or has no folder is reported as a fault of the configuration', async () => {
  const file = temporaryFile('alerts.sqlite', onTestFinished)
  await writeFile(file, 'no database at all, but long enough to be looked at as one')
  expect(() => openAlertStore(file)).toThrow(`ALERTS_FILE names ${file}, which cannot be used`)
  expect(() => openAlertStore('/nowhere/alerts.sqlite')).toThrow('ALERTS_FILE names /nowhere/alerts.sqlite')
})
