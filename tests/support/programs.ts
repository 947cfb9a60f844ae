import { beforeEach } from 'vitest'
import { programsOfTests } from '../../scripts/tools/catalogue.ts'
import { launcherOf } from '../../scripts/tools/tool.ts'
import { findOnPath, isExecutable } from '../../scripts/tools/ways.ts'
import { missingPrefix } from './skipped-reporter.ts'

/** The path of a program: the launcher that `make tools` made, or else a program on the PATH. */
export function findProgram(program: string): string | undefined {
  const launcher = launcherOf(program)
  if (isExecutable(launcher)) return launcher
  const { names } = programsOfTests.find(({ name }) => name === program) ?? {}
  return findOnPath(names ?? [program])
}

export function isProgramMissing(program: string): boolean {
  return findProgram(program) === undefined
}

/** Call it at the top of a test file or `describe`: without the program its tests are skipped, in CI they fail. */
export function needs(program: string, isMissing = isProgramMissing(program)): void {
  beforeEach(({ skip }) => {
    if (!isMissing) return
    if (process.env['CI'] === 'true') throw new Error(`${program} is missing. Run: make tools`)
    skip(`${missingPrefix}${program}`)
  })
}
