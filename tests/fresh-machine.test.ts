import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { temporaryFolder } from '@entra-agents/service-kit/testing/temporary-file'
import { describe, expect, it } from 'vitest'
import { findOnPath } from '../scripts/tools/ways.ts'

const root = resolve(import.meta.dirname, '..')
const manifest: { engines: { node: string } } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

/** Exit code and output of a program. */
function run(program: string, args: readonly string[], options: { cwd: string; env: NodeJS.ProcessEnv }) {
  return new Promise<{ readonly code: number; readonly output: string }>(resolve => {
    const child = execFile(program, args, options, (_error, output, complaint) =>
      resolve({ code: child.exitCode ?? 1, output: output + complaint }),
    )
  })
}

/** A module that gives Node another version, for `--require`. */
function pretend(version: string, folder: string): string {
  const file = join(folder, `pretend-${version}.cjs`)
  writeFileSync(file, `Object.defineProperty(process.versions, 'node', { value: '${version}' })`)
  return file
}

/** Runs `make install` on a machine with these programs only, beside those that every machine has. */
async function install(programs: Readonly<Record<string, (folder: string) => string>>) {
  const folder = temporaryFolder()
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  for (const part of ['Makefile', 'package.json', 'charts', 'packages', 'scripts', 'services'])
    symlinkSync(join(root, part), join(folder, part))
  writeFileSync(join(folder, 'package-lock.json'), '{}')
  for (const name of ['echo', 'find', 'mkdir', 'mv', 'sed', 'touch'])
    symlinkSync(findOnPath([name]) ?? name, join(bin, name))
  for (const [name, script] of Object.entries(programs))
    writeFileSync(join(bin, name), `#!/bin/sh\n${script(folder)}\n`, { mode: 0o755 })
  return run(findOnPath(['make']) ?? 'make', ['install'], { cwd: folder, env: { PATH: bin } })
}

const nodeOf = (version: string) => (folder: string) =>
  `exec '${process.execPath}' --require '${pretend(version, folder)}' "$@"`
const npm = () => 'mkdir -p node_modules; echo "npm $*"'

const missing = (program: string) =>
  `This needs Node and npm to install, and there is no ${program} on the PATH: https://nodejs.org/en/download`
const needed = `This needs Node ${manifest.engines.node} to install; yours is`

describe('make install', () => {
  it.each(['20.19.0', '20.19.2', '22.12.0', '22.23.1', '24.21.0', '26.10.0'])(
    'downloads with Node %s',
    async version => {
      const { code, output } = await install({ node: nodeOf(version), npm })
      expect(output).toContain('npm ci')
      expect(code).toBe(0)
    },
  )

  // For some of these some packages have no native part.
  it.each<[string, Parameters<typeof install>[0], string]>([
    ...['12.22.12', '18.20.8', '20.18.3', '21.7.3', '22.11.0'].map(
      (version): [string, Parameters<typeof install>[0], string] => [
        `Node ${version}`,
        { node: nodeOf(version), npm },
        `${needed} ${version}.`,
      ],
    ),
    ['no node', { npm }, missing('node')],
    ['no npm', { node: nodeOf('22.23.1') }, missing('npm')],
  ])('downloads nothing with %s, and says what it needs', async (_what, programs, words) => {
    const { code, output } = await install(programs)
    expect(output.split('\n')[0]).toBe(words)
    expect(output).not.toContain('npm ci')
    expect(code).not.toBe(0)
  })

  it('accepts each Node for which the packages have their native parts, and no other', () => {
    const { packages }: { packages: Readonly<Record<string, { engines?: { node?: string } }>> } = JSON.parse(
      readFileSync(join(root, 'package-lock.json'), 'utf8'),
    )
    expect(packages['node_modules/@rolldown/binding-linux-x64-gnu']?.engines?.node).toBe(
      manifest.engines.node,
    )
  })
})

describe('The command of an archive', () => {
  const folder = temporaryFolder()
  cpSync(join(root, 'scripts/bundle/command.cjs'), join(folder, 'command.cjs'))
  const engines = { node: '>=22.19' }
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: '@acme/tool', type: 'module', engines }))
  writeFileSync(join(folder, 'main.js'), 'console.log(await process.argv[2])')
  const start = (node: string, ...options: readonly string[]) =>
    run(node, [...options, 'command.cjs', 'runs'], { cwd: folder, env: {} })

  it.each(['12.22.12', '20.19.2', '22.18.0'])(
    'says by one sentence that Node %s is too old',
    async version => {
      const output = `tool needs Node 22.19 or later; this is ${version}.\n`
      expect(await start(process.execPath, '--require', pretend(version, folder))).toEqual({
        code: 1,
        output,
      })
    },
  )

  it.each(['22.19.0', '24.0.0', '26.1.0'])('runs with Node %s', async version => {
    const required = ['--require', pretend(version, folder)]
    expect(await start(process.execPath, ...required)).toEqual({ code: 0, output: 'runs\n' })
  })
})

describe('The tests', () => {
  it.each(['20.19.2', '26.10.0'])('say by one sentence that Node %s is not theirs', async version => {
    const args = ['--require', pretend(version, temporaryFolder()), 'node_modules/vitest/vitest.mjs', 'list']
    const { code, output } = await run(process.execPath, [...args, 'tests/vocabulary.test.ts'], {
      cwd: root,
      env: process.env,
    })
    expect(output).toContain(
      `The tests need Node 24, which npm ci puts into node_modules; this is ${version}.`,
    )
    expect(code).toBe(1)
  })
})
