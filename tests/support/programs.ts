import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { beforeEach } from 'vitest'
import { launcherOf } from '../../scripts/tools/tool.ts'
import { missing } from './skipped-reporter.ts'

/** Whether `make tools` could not get a program. Without `make tools`, whatever is on the PATH is taken. */
export function lacks(program: string): boolean {
  const launcher = launcherOf(program)
  return existsSync(dirname(launcher)) && !existsSync(launcher)
}

/** Said at the top of a test file, or in a `describe`: its tests are skipped without the program; in CI they fail. */
export function needs(program: string): void {
  beforeEach(({ skip }) => {
    if (!lacks(program)) return
    if (process.env['CI'] === 'true') throw new Error(`${program} is missing; make tools says why.`)
    skip(`${missing}${program}`)
  })
}
