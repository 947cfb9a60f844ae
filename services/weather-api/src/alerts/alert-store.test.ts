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

/** A store that is closed after the test. */
function openStore(...options: ConstructorParameters<typeof AlertStore>): AlertStore {
  const store = new AlertStore(...options)
  onTestFinished(() => store.close())
  return store
}

describe('the store of alerts', () => {
  let nowMs: number
  let store: AlertStore
  beforeEach(() => {
    nowMs = Date.parse('2026-12-01T12:00:00Z')
    store = openStore(':memory:', () => nowMs)
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

  it('repeats the first result for a repeated key, even if the alert has been deleted since', () => {
    const { alert } = create()
    expect(create()).toEqual({ alert, outcome: 'replayed' })
    store.remove(ada, alert.id)
    expect(create()).toEqual({ alert, outcome: 'replayed' })
    expect(store.list(ada)).toEqual([])
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

  it('treats a key as new if only another owner or another caller has used it', () => {
    create()
    expect(create(ben).outcome).toBe('created')
    expect(create(ada, keyOf('k', 'agent-2'), at(0)).outcome).toBe('created')
  })

  it('returns the existing alert instead of creating an equal one, whether the call has a new key or no key', () => {
    const { alert } = create()
    for (const key of [keyOf('l'), undefined])
      expect(store.create(ada, key, { ...oslo, city: ' OSLO' })).toEqual({ alert, outcome: 'existed' })
    const later = { ...oslo, untilDate: '2026-12-31' }
    expect(() => store.create(ada, undefined, later)).toThrow(problem('ALERT_EXISTS'))
    expect(store.list(ada)).toEqual([alert])
  })

  it.each([
    ['தேனி', 'தானே'],
    ['!!!', '???'],
  ])('treats alerts for %s and %s as different ones', (...names) => {
    for (const city of names) expect(store.create(ada, undefined, { ...oslo, city }).alert.city).toBe(city)
    expect(store.list(ada)).toHaveLength(2)
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

  it('keeps at most 20 alerts of an owner, however many other owners have', () => {
    for (let celsius = 1; celsius <= 20; celsius += 1) create(ada, keyOf(`k${celsius}`), at(celsius))
    const message = 'One owner can have 20 alerts.'
    expect(() => create()).toThrow(problem('ALERT_LIMIT_REACHED', { message }))
    expect(create(ben).outcome).toBe('created')
    store.remove(ada, store.list(ada)[0]?.id ?? '')
    expect(create().outcome).toBe('created')
  })

  it('keeps at most 1,000 keys of an owner, so that creating and deleting cannot fill the disk', () => {
    for (let index = 0; index < 1_000; index += 1) create(ada, keyOf(`k${index}`))
    const message = 'One owner can make 1000 calls that create alerts in 24 hours.'
    expect(() => create(ada, keyOf('one-more'))).toThrow(problem('ALERT_LIMIT_REACHED', { message }))
    expect(create(ada, keyOf('k0')).outcome).toBe('replayed')
  })

  it('has a largest size; once full, it takes deletions only, until old keys make room', () => {
    const small = openStore(':memory:', () => nowMs, 32)
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

describe('the file of the alerts', () => {
  const inAMonth = new Date(Date.now() + 30 * 24 * hourMs).toISOString().slice(0, 10)
  const order = { ...oslo, untilDate: inAMonth }
  /** A store in a file of its own, and a connection of somebody else to this file. */
  function openTwice() {
    const file = temporaryFile('alerts.sqlite', onTestFinished)
    const store = openStore(file)
    const other = new DatabaseSync(file)
    onTestFinished(() => other.close())
    return { file, store, other, create: () => store.create(ada, keyOf('k'), order) }
  }

  it('is written before a call returns, so that another process can read the alert', () => {
    const { file, create } = openTwice()
    const { alert } = create()
    expect(openStore(file).list(ada)).toEqual([alert])
  })

  it('is reported as busy if a call comes while another process writes, and the call changes nothing', () => {
    const { other, create } = openTwice()
    other.exec('BEGIN IMMEDIATE')
    expect(create).toThrow(problem('ALERTS_BUSY'))
    other.exec('ROLLBACK')
    expect(create().outcome).toBe('created')
  })

  it('is reported as unavailable if a call cannot write it, and the call changes nothing', () => {
    const { store, other, create } = openTwice()
    other.exec('ALTER TABLE idempotency_keys RENAME TO gone')
    expect(create).toThrow(problem('ALERTS_UNAVAILABLE'))
    expect(store.list(ada)).toEqual([])
  })

  it('leaves room for others when ten owners have as many keys, and fifty as many alerts, as they can have', () => {
    const { store, other, create } = openTwice()
    const rows = (count: number) =>
      `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${count - 1})`
    other.exec(`
      ${rows(10_000)} INSERT INTO idempotency_keys SELECT 't/' || (i / 1000), 'a', i, 'f', '{}', ${Date.now()} FROM n;
      ${rows(1_000)} INSERT INTO alerts SELECT i, 't/' || (i / 20), 'Oslo', 'oslo', 'k', i, '${inAMonth}', 'now' FROM n`)
    expect(create().outcome).toBe('created')
    const full = { tenantId: 't', objectId: '9' }
    for (const key of [keyOf('k'), undefined])
      expect(() => store.create(full, key, order)).toThrow(problem('ALERT_LIMIT_REACHED'))
  })

  it('is reported as a fault of the configuration if it is no database or has no folder', async () => {
    const file = temporaryFile('alerts.sqlite', onTestFinished)
    await writeFile(file, 'no database at all, but long enough to be looked at as one')
    expect(() => openAlertStore(file)).toThrow(`ALERTS_FILE names ${file}, which cannot be used`)
    expect(() => openAlertStore('/nowhere/alerts.sqlite')).toThrow('ALERTS_FILE names /nowhere/alerts.sqlite')
  })
})
