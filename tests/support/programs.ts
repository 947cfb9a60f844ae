import { existsSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { beforeEach } from 'vitest'
import { launcherOf } from '../../scripts/tools/tool.ts'
import { missingPrefix } from './skipped-reporter.ts'

/** Whether `make tools` could not get a program. If `make tools` never ran, the program on the PATH is used. */
export function isProgramMissing(program: string): boolean {
  const launcher = launcherOf(program)
  return existsSync(dirname(launcher)) && !existsSync(launcher)
}

export function isOnPath(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some(folder => existsSync(join(folder, program)))
}

/** Call it at the top of a test file or `describe`: without the program its tests are skipped, in CI they fail. */
export function needs(program: string, isMissing = isProgramMissing(program)): void {
  beforeEach(({ skip }) => {
    if (!isMissing) return
    if (process.env['CI'] === 'true')
      throw new Error(`${program} is missing; CONTRIBUTING.md says how to get it.`)
    skip(`${missingPrefix}${program}`)
  })
}
