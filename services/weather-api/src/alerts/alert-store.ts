import { hash, randomUUID } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { ConfigurationError, commonProblem } from '@entra-agents/service-kit'
import { problem } from '../problems.ts'
import { normalizeName } from '../weather/place-names.ts'
import type { Alert, AlertRequest, IdempotencyKey, Owner } from './alert.ts'

const dayMs = 24 * 3_600_000
/** Keys are kept longer than any approval lasts, so that no approved call acts twice, however often it is repeated. */
const keyLifetimeMs = dayMs
const maxAlertDays = 366
/** How long to wait while another process opens the file. */
const openTimeoutMs = 5_000

/** What one owner may have: of the whole file too little for a few owners to keep the others out. */
const limits = {
  alerts: { rows: 20, words: 'have 20 alerts' },
  idempotency_keys: { rows: 1_000, words: 'make 1000 calls that create alerts in 24 hours' },
} as const
/** The file's largest size: 256 MiB in SQLite's usual pages, the keys of some 300 owners at their limit. */
const usualMaxPages = 65_536

const tableDefinitions = `
  CREATE TABLE IF NOT EXISTS alerts (
    id TEXT PRIMARY KEY, owner TEXT NOT NULL, city TEXT NOT NULL, place TEXT NOT NULL, kind TEXT NOT NULL,
    celsius REAL NOT NULL, until_date TEXT NOT NULL, created_at TEXT NOT NULL,
    UNIQUE (owner, place, kind, celsius)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS idempotency_keys (
    owner TEXT NOT NULL, caller TEXT NOT NULL, value TEXT NOT NULL, fingerprint TEXT NOT NULL,
    alert TEXT NOT NULL, created_ms INTEGER NOT NULL,
    PRIMARY KEY (owner, caller, value)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS alerts_by_age ON alerts (until_date);
  CREATE INDEX IF NOT EXISTS keys_by_age ON idempotency_keys (created_ms);`

export interface CreatedAlert {
  readonly alert: Alert
  /** `replayed` if this is the result of an earlier call with the same key; `existed` if there was an equal alert. */
  readonly outcome: 'created' | 'replayed' | 'existed'
}

/**
 * Alerts and idempotency keys in a SQLite file. Each change is one transaction that is on the disk before the method returns.
 * All methods throw the problems ALERTS_BUSY, while another process writes, and ALERTS_UNAVAILABLE, if the file fails or is full.
 * Waiting for the disk stops the whole process, at each change for some milliseconds: good enough for an example of an API.
 */
export class AlertStore {
  readonly #database: DatabaseSync
  readonly #nowMs: () => number

  /**
   * @param file `:memory:` keeps nothing, for tests only
   * @throws what `node:sqlite` throws if the file cannot be used
   */
  constructor(file: string, nowMs: () => number = Date.now, maxPages = usualMaxPages) {
    this.#nowMs = nowMs
    this.#database = new DatabaseSync(file, { timeout: openTimeoutMs })
    // A journal for each transaction, deleted when all is on the disk, needs no shared memory, which network volumes lack.
    this.#database.exec(
      `PRAGMA journal_mode = DELETE; PRAGMA synchronous = EXTRA; PRAGMA max_page_count = ${maxPages}; ${tableDefinitions}`,
    )
    // Later calls do not wait for another writer, since waiting would block all requests.
    this.#database.exec('PRAGMA busy_timeout = 0')
  }

  /**
   * Creates an alert. A repeated call with the same key returns the first result. A call without a key, or with another key,
   * returns the equal alert that exists, if any, and creates no second alert.
   *
   * @throws {ProblemError} IDEMPOTENCY_KEY_REUSED, INVALID_REQUEST for an unusable date, ALERT_EXISTS, ALERT_LIMIT_REACHED
   */
  create(owner: Owner, key: IdempotencyKey | undefined, order: AlertRequest): CreatedAlert {
    const fingerprint = hash(
      'sha256',
      JSON.stringify(order, ['city', 'when', 'kind', 'celsius', 'untilDate']),
    )
    return this.#write(() => {
      const replayed = key && this.#replay(owner, key, fingerprint)
      if (replayed) return { alert: replayed, outcome: 'replayed' }
      this.#checkDate(order.untilDate)
      this.#forgetOld()
      const existing = this.#findSame(owner, order)
      const alert = existing ?? this.#insert(owner, order)
      if (key) this.#keep(owner, key, fingerprint, alert)
      return { alert, outcome: existing ? 'existed' : 'created' }
    })
  }

  /** The alerts of an owner whose last day is not over, oldest first. */
  list(owner: Owner): Alert[] {
    return this.#select('until_date >= ? ORDER BY created_at, rowid', owner, earliestToday(this.#nowMs()))
  }

  /** `undefined` also for an alert of somebody else. */
  find(owner: Owner, id: string): Alert | undefined {
    return this.#select('id = ? AND until_date >= ?', owner, id, earliestToday(this.#nowMs()))[0]
  }

  /** Deletes an alert, if the owner has it. */
  remove(owner: Owner, id: string): void {
    this.#write(() => this.#run('DELETE FROM alerts WHERE owner = ? AND id = ?', ownerKey(owner), id))
  }

  close(): void {
    this.#database.close()
  }

  #replay(owner: Owner, { caller, value }: IdempotencyKey, fingerprint: string): Alert | undefined {
    const first = this.#database
      .prepare(
        'SELECT fingerprint, alert FROM idempotency_keys WHERE owner = ? AND caller = ? AND value = ? AND created_ms > ?',
      )
      .get(ownerKey(owner), caller, value, this.#nowMs() - keyLifetimeMs)
    if (!first) return undefined
    if (first['fingerprint'] !== fingerprint)
      throw problem('IDEMPOTENCY_KEY_REUSED', 'The first call with this key asked for another alert.')
    return JSON.parse(String(first['alert']))
  }

  #keep(owner: Owner, { caller, value }: IdempotencyKey, fingerprint: string, alert: Alert): void {
    this.#checkLimit('idempotency_keys', owner)
    this.#run(
      'INSERT INTO idempotency_keys VALUES (?, ?, ?, ?, ?, ?)',
      ...[ownerKey(owner), caller, value, fingerprint, JSON.stringify(alert), this.#nowMs()],
    )
  }

  #checkDate(untilDate: string): void {
    const ms = Date.parse(`${untilDate}T00:00:00Z`)
    // 2026-02-30 is parsed as a day in March.
    if (!(ms >= 0) || dateOf(ms) !== untilDate)
      throw commonProblem('INVALID_REQUEST', 'untilDate is not a date.')
    const now = this.#nowMs()
    if (untilDate < earliestToday(now) || untilDate > dateOf(now + maxAlertDays * dayMs))
      throw commonProblem('INVALID_REQUEST', 'untilDate is past, or more than a year from now.')
  }

  #forgetOld(): void {
    const now = this.#nowMs()
    this.#run('DELETE FROM alerts WHERE until_date < ?', earliestToday(now))
    this.#run('DELETE FROM idempotency_keys WHERE created_ms <= ?', now - keyLifetimeMs)
  }

  #findSame(owner: Owner, { city, when, untilDate }: AlertRequest): Alert | undefined {
    const same = 'place = ? AND kind = ? AND celsius = ?'
    const [alert] = this.#select(same, owner, normalizeName(city), when.kind, when.celsius)
    if (alert && alert.untilDate !== untilDate)
      throw problem('ALERT_EXISTS', `There is such an alert until ${alert.untilDate}, ${alert.id}.`)
    return alert
  }

  #insert(owner: Owner, { city, when, untilDate }: AlertRequest): Alert {
    this.#checkLimit('alerts', owner)
    const { kind, celsius } = when
    const id = randomUUID()
    const createdAt = new Date(this.#nowMs()).toISOString()
    this.#run(
      'INSERT INTO alerts VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      ...[id, ownerKey(owner), city, normalizeName(city), kind, celsius, untilDate, createdAt],
    )
    return { id, city, when: { kind, celsius }, untilDate, createdAt }
  }

  #checkLimit(table: keyof typeof limits, owner: Owner): void {
    const { rows, words } = limits[table]
    const counted = this.#database
      .prepare(`SELECT count(*) AS own FROM ${table} WHERE owner = ?`)
      .get(ownerKey(owner))
    if (Number(counted?.['own']) >= rows) throw problem('ALERT_LIMIT_REACHED', `One owner can ${words}.`)
  }

  #select(condition: string, owner: Owner, ...values: readonly (string | number)[]): Alert[] {
    return withAlertProblems(() =>
      this.#database
        .prepare(
          `SELECT id, city, kind, celsius, until_date, created_at FROM alerts WHERE owner = ? AND ${condition}`,
        )
        .all(ownerKey(owner), ...values)
        .map(row => ({
          id: String(row['id']),
          city: String(row['city']),
          when: { kind: row['kind'] as Alert['when']['kind'], celsius: Number(row['celsius']) },
          untilDate: String(row['until_date']),
          createdAt: String(row['created_at']),
        })),
    )
  }

  #run(statement: string, ...values: readonly (string | number)[]): void {
    this.#database.prepare(statement).run(...values)
  }

  #write<Result>(change: () => Result): Result {
    return withAlertProblems(() => {
      this.#database.exec('BEGIN IMMEDIATE')
      try {
        const result = change()
        this.#database.exec('COMMIT')
        return result
      } finally {
        if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      }
    })
  }
}

/**
 * Opens the file of the alerts, and creates it if there is none.
 *
 * @throws {ConfigurationError} if it cannot be used
 */
export function openAlertStore(file: string): AlertStore {
  try {
    return new AlertStore(file)
  } catch (error) {
    throw new ConfigurationError([
      `ALERTS_FILE names ${file}, which cannot be used as a database: ${(error as Error).message}.`,
    ])
  }
}

const ownerKey = ({ tenantId, objectId }: Owner) => `${tenantId}/${objectId}`

const dateOf = (ms: number) => new Date(ms).toISOString().slice(0, 10)

/** The date in the last time zone, UTC−12: a date that is past there is past everywhere. */
const earliestToday = (nowMs: number) => dateOf(nowMs - dayMs / 2)

/** SQLite's basic codes. https://www.sqlite.org/rescode.html */
const sqlite = { busy: 5, locked: 6, full: 13 } as const

function withAlertProblems<Result>(work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    const { code, errcode = 0 } = error as { code?: string; errcode?: number }
    if (code !== 'ERR_SQLITE_ERROR') throw error
    // The basic code is in the lowest byte.
    const basic = errcode & 0xff
    if (basic === sqlite.busy || basic === sqlite.locked)
      throw problem('ALERTS_BUSY', 'Another process is writing alerts.', { headers: { 'retry-after': '1' } })
    const detail =
      basic === sqlite.full
        ? 'The file is as large as it may be, or its volume is full.'
        : `SQLite reports ${errcode}.`
    throw problem('ALERTS_UNAVAILABLE', detail, { cause: error })
  }
}
