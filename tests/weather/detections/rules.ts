import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { findProgram } from '../../support/programs.ts'
import type { Row, Rows } from './watched-system.ts'

const folderOfRules = resolve(import.meta.dirname, '../../../detections')

export interface Finding {
  readonly rule: string
  readonly time: string
  readonly row: Readonly<Record<string, unknown>>
}

/** Runs a script of `detections/` in the Python that has what it imports, and returns what it prints. */
export async function runScript(script: string, ...args: readonly string[]): Promise<string> {
  const python = findProgram('kql') ?? ''
  const options = { maxBuffer: 64 * 1024 * 1024 }
  const { stdout } = await promisify(execFile)(python, [join(folderOfRules, script), ...args], options)
  return stdout
}

/** What the rules find in these rows, each at these times. */
export async function runRules(all: readonly Rows[], times: readonly Date[]): Promise<readonly Finding[]> {
  const folder = mkdtempSync(join(tmpdir(), 'rows-'))
  try {
    for (const [table, rows] of merged(all))
      writeFileSync(join(folder, `${table}.ndjson`), rows.map(row => `${JSON.stringify(row)}\n`).join(''))
    const printed = await runScript('run.py', folder, ...times.map(time => time.toISOString()))
    return printed
      .split('\n')
      .filter(Boolean)
      .map(line => JSON.parse(line))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

export function merged(all: readonly Rows[]): Rows {
  const tables = new Set(all.flatMap(rows => [...rows.keys()]))
  return new Map([...tables].map(table => [table, all.flatMap(rows => rows.get(table) ?? [])]))
}

/**
 * The rows of turns that were taken in groups, as if the groups had begun at equal intervals in the `hours` before `end`.
 * Within a group, time runs as it did.
 */
export function spread(rows: Rows, starts: readonly Date[], hours: number, end: Date): Rows {
  const intervalMs = (hours * 3_600_000) / starts.length
  const begin = Number(end) - hours * 3_600_000
  const moved = (row: Row): Row => {
    const time = Date.parse(row.TimeGenerated)
    const group = Math.max(
      0,
      starts.findLastIndex(start => Number(start) <= time),
    )
    const since = time - Number(starts[group])
    return { ...row, TimeGenerated: new Date(begin + group * intervalMs + since).toISOString() }
  }
  return new Map([...rows].map(([table, all]) => [table, all.map(moved)]))
}
