import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Reading, SuiteName, Table } from './dojo.ts'
import type { Measured } from './measure.ts'
import type { RungName } from './rungs.ts'

/** Counts by rung and suite. None of them depends on the machine. */
export interface Results {
  readonly table: Table
  /** Through the real agent. */
  readonly agent: Partial<Record<RungName, Partial<Record<SuiteName, Measured>>>>
}

/** The readings whose results are checked in, with the one first that is quoted. */
export const readings = [
  { version: 'v1', webpage: 'changes' },
  { version: 'v1', webpage: 'reads' },
  { version: 'v1.2.2', webpage: 'changes' },
] as const satisfies readonly Reading[]

const fileOf = ({ version, webpage }: Reading) =>
  join(import.meta.dirname, 'results', `${version}-webpage-${webpage}.json`)

export function readResults(reading: Reading): Results {
  const file = fileOf(reading)
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { table: {}, agent: {} }
}

export function writeResults(reading: Reading, results: Results): void {
  writeFileSync(fileOf(reading), `${JSON.stringify(results, null, 2)}\n`)
}
