import { existsSync } from 'node:fs'
import { resolve } from 'node:path'

/** Python with what tests/requirements.txt names; `make install` makes it. */
const python = resolve(import.meta.dirname, '../../node_modules/.cache/python/bin/python')

/** @throws where it is missing: nothing is skipped. */
export function findPython(): string {
  if (!existsSync(python)) throw new Error('The Python programs of the tests are missing. Run: make install')
  return python
}
