import { existsSync } from 'node:fs'
import { launcherOf } from '../../scripts/tools/tool.ts'

/**
 * A Python with the packages of tests/requirements.txt.
 *
 * @throws if there is none
 */
export function findPython(): string {
  const python = launcherOf('python')
  if (!existsSync(python)) throw new Error('The Python programs of the tests are missing. Run: make tools')
  return python
}
