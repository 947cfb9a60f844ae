import { existsSync } from 'node:fs'
import { launcherOf } from '../../scripts/tools/tool.ts'

/**
 * Python with what tests/requirements.txt names.
 * @throws where it is missing.
 */
export function findPython(): string {
  const python = launcherOf('python')
  if (!existsSync(python)) throw new Error('The Python programs of the tests are missing. Run: make tools')
  return python
}
