/** What the benchmarks measured is kept in `results.json`, from which two pages are written. */
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, totalmem } from 'node:os'
import { resolve } from 'node:path'
import { describeRatio, performancePage, withSizes } from './pages.ts'
import type { Results, Row, Run } from './row.ts'
import { printTable } from './table.ts'

const root = resolve(import.meta.dirname, '../..')
const resultsFile = resolve(root, 'bench/results.json')
export const performanceFile = resolve(root, 'docs/performance.md')
export const operationsFile = resolve(root, 'docs/operations.md')

const loadBefore = loadNow()

/**
 * Prints the rows of a benchmark, and puts them in the place of its last ones in `results.json` and on the pages. With `BEFORE` the rows
 * are only printed.
 */
export function report(bench: string, rows: readonly Row[]): void {
  printTable([
    ['', 'peer', 'unit', 'here', 'peer', 'ratio', 'quartiles', 'rounds'],
    ...rows.map(row => [row.what, row.peer, row.unit, row.own, row.other, ...describeRatio(row), row.rounds]),
  ])
  if (process.env['BEFORE']) return
  const { [bench]: last, ...others } = readResults()
  const where = {
    node: process.version.slice(1),
    machine: `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB`,
  }
  const run: Run = {
    date: new Date().toISOString().slice(0, 10),
    ...where,
    load: `${loadBefore} – ${loadNow()}`,
    rows: last?.node === where.node && last.machine === where.machine ? withRatiosOf(last, rows) : rows,
  }
  const results = Object.entries({ ...others, [bench]: run }).sort(([a], [b]) => (a < b ? -1 : 1))
  writeFileSync(resultsFile, `${JSON.stringify(Object.fromEntries(results), null, 2)}\n`)
  writePages()
}

function withRatiosOf(last: Run, rows: readonly Row[]): readonly Row[] {
  return rows.map(row => {
    const same = last.rows.find(({ what, peer }) => what === row.what && peer === row.peer)
    return same ? { ...row, ratioBefore: same.ratio } : row
  })
}

export function readResults(): Results {
  return JSON.parse(readFileSync(resultsFile, 'utf8'))
}

function writePages(): void {
  const results = readResults()
  writeFileSync(performanceFile, performancePage(results))
  writeFileSync(operationsFile, withSizes(readFileSync(operationsFile, 'utf8'), results))
}

function loadNow(): string {
  return (loadavg()[0] ?? 0).toFixed(1)
}
