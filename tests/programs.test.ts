import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { launcherOf } from '../scripts/tools/tool.ts'
import { findProgram, isProgramMissing } from './support/programs.ts'

const root = resolve(import.meta.dirname, '..')
const folder = mkdtempSync(join(tmpdir(), 'programs-'))
afterAll(() => rmSync(folder, { recursive: true }))

function putProgram(name: string): string {
  const path = join(folder, name)
  writeFileSync(path, '#!/bin/sh\n', { mode: 0o755 })
  return path
}

const testThatNeeds = `
  import { needs } from '${root}/tests/support/programs.ts'
  describe('With the program', () => {
    needs('greeter-of-tests')
    it('one', () => {})
    it('two', () => {})
  })
  it('Without it', () => {})
`

/** Runs a file with two tests that need a program and one that needs none; returns what was printed, and the exit code. */
function runTests(env: NodeJS.ProcessEnv): Promise<{ readonly output: string; readonly code: number }> {
  writeFileSync(join(folder, 'some.test.mjs'), testThatNeeds)
  writeFileSync(
    join(folder, 'vitest.config.mjs'),
    `import { SkippedReporter } from '${root}/tests/support/skipped-reporter.ts'
    export default { test: { globals: true, reporters: ['default', new SkippedReporter()] } }`,
  )
  const args = [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--root', folder]
  const options = { env: { ...process.env, CI: '', NO_COLOR: '1', ...env } }
  return new Promise(resolve => {
    const child = execFile(process.execPath, args, options, (_error, output, complaint) =>
      resolve({ output: output + complaint, code: child.exitCode ?? 1 }),
    )
  })
}

describe('A program that tests start', () => {
  it('is missing if it is neither on the PATH nor obtained by make tools, whether or not make tools ever ran', () => {
    expect(isProgramMissing('greeter-of-tests')).toBe(true)
    vi.stubEnv('PATH', folder)
    const path = putProgram('greeter-of-tests')
    expect(findProgram('greeter-of-tests')).toBe(path)
    rmSync(path)
    expect(isProgramMissing('greeter-of-tests')).toBe(true)
  })

  it('is found by the other names that it has on some machines', () => {
    vi.stubEnv('PATH', folder)
    const path = putProgram('google-chrome')
    expect([launcherOf('chromium'), path]).toContain(findProgram('chromium'))
  })

  it('is no Python of the machine, which lacks the packages of the tests', () => {
    vi.stubEnv('PATH', folder)
    putProgram('python')
    expect([launcherOf('python'), undefined]).toContain(findProgram('python'))
  })

  it('makes only the tests that need it be skipped if it is missing, and the last line names it', async () => {
    const { output, code } = await runTests({})
    expect(output).toMatch(/Tests +1 passed \| 2 skipped/)
    expect(output.trim().split('\n').at(-1)).toBe(
      '2 tests skipped, since these programs are missing: greeter-of-tests. To get them: make tools',
    )
    expect(code).toBe(0)
  })

  it('makes these tests fail in CI if it is missing', async () => {
    const { output, code } = await runTests({ CI: 'true' })
    expect(output).toMatch(/Tests +2 failed \| 1 passed/)
    expect(output).toContain('greeter-of-tests is missing. Run: make tools')
    expect(code).toBe(1)
  })
})

/** How test files start programs: by name, or by functions that start them. Those that start Chromium call `needs` themselves. */
const starts: Readonly<Record<string, RegExp>> = {
  python: /launcherOf\('python'\)|AwsAccount\.start\(|schemaLocation\(/,
  'cfn-lint': /launcherOf\('cfn-lint'\)/,
  helm: /\b(render(With|Text|Notes)?|lintChart)\(|\brun\(helm|GUIDE_HELM/,
  kubeconform: /run\('kubeconform'/,
  promtool: /\('promtool'/,
  curl: /'sh', \['-c', curl/,
}

const testFiles = readdirSync(join(root, 'tests'), { recursive: true, encoding: 'utf8' }).filter(
  path => /\.test\.tsx?$/.test(path) && !path.startsWith('cluster/') && path !== 'programs.test.ts',
)

describe.each(Object.entries(starts))('Every test file that starts %s', (program, start) => {
  it('says that it needs it, so that its tests can be skipped', () => {
    const sources = testFiles.map(path => [path, readFileSync(join(root, 'tests', path), 'utf8')] as const)
    const starting = sources.filter(([, source]) => start.test(source))
    expect(starting).not.toEqual([])
    const silent = starting.filter(([, source]) => !source.includes(`needs('${program}')`))
    expect(silent.map(([path]) => path)).toEqual([])
  })
})
