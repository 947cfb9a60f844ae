import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { temporaryFolder } from '@entra-agents/service-kit/testing/temporary-file'
import { expect, onTestFinished } from 'vitest'
import { findProgram } from '../support/programs.ts'

const exec = promisify(execFile)
export const root = resolve(import.meta.dirname, '../..')
export const read = (path: string) => readFileSync(join(root, path), 'utf8')

/** The versions of Node that the archives are for. */
export const nodes = ['node-22', 'node', 'node-26']
const pathOf = (node: string) => (node === 'node' ? process.execPath : (findProgram(node) ?? ''))

/** Packs these packages, or all that are for others. @returns the folder of their archives */
export async function pack(...names: readonly string[]): Promise<string> {
  const packed = temporaryFolder()
  await exec(process.execPath, [join(root, 'scripts/pack.ts'), packed, ...names])
  return packed
}

export const archiveOf = (packed: string, name: string) => join(packed, `entra-agents-${name}.tgz`)

/** A stranger's project: what it needs of this repository comes from archives. */
export class Project {
  readonly folder = temporaryFolder()

  constructor() {
    this.write('package.json', '{"private":true,"type":"module"}')
  }

  write(name: string, content: string): void {
    writeFileSync(join(this.folder, name), content)
  }

  /** Installs these, or what the project's manifest names. */
  async install(...packages: readonly string[]): Promise<void> {
    const options = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error']
    await exec('npm', ['install', ...options, ...packages], { cwd: this.folder })
  }

  /** The names at the top of its node_modules. */
  get installed(): readonly string[] {
    return readdirSync(join(this.folder, 'node_modules')).filter(name => !name.startsWith('.'))
  }

  /** What the compiler, at its strictest, says of these files and of the libraries: nothing if they are right. */
  async compile(include: readonly string[], options: object): Promise<string> {
    const strict = { strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true }
    const compilerOptions = { ...strict, module: 'nodenext', target: 'es2023', types: [], ...options }
    this.write('tsconfig.json', JSON.stringify({ compilerOptions, include }))
    return compile(this.folder)
  }

  /** Runs a program in an environment of its own. @returns what it printed */
  async run(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
    const own = { PATH: process.env['PATH'], HOME: this.folder, CI: 'true' }
    const { stdout } = await exec(program, args, { cwd: this.folder, env: { ...own, ...env } }).catch(
      ({ stdout, stderr }) => expect.fail(`${program} ${args.join(' ')}\n${stdout}\n${stderr}`),
    )
    return stdout
  }

  runNode(node: string, args: readonly string[], env?: NodeJS.ProcessEnv): Promise<string> {
    return this.run(pathOf(node), args, env)
  }

  /** Starts a server of the project, and waits until it listens at the port. It ends with the test. @returns its URL */
  async serve(file: string, port: number, node: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
    const child = spawn(pathOf(node), [file], {
      cwd: this.folder,
      env: { PATH: process.env['PATH'], ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const complaint = text(child.stderr)
    const ended = once(child, 'close')
    onTestFinished(async () => {
      child.kill('SIGKILL')
      await ended
    })
    const url = `http://localhost:${port}`
    await expect
      .poll(async () => {
        if (child.exitCode !== null) throw new Error(`${file} ended: ${await complaint}`)
        return fetch(url).then(
          () => true,
          () => false,
        )
      })
      .toBe(true)
    return url
  }
}

/** What the compiler says of a folder's project: nothing if it is right. */
export async function compile(folder: string): Promise<string> {
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  const { stdout } = await exec(process.execPath, [compiler, '-p', folder]).catch(error => error)
  return stdout
}

/** The code blocks of a Markdown file in a language. */
export function examplesOf(path: string, language: string): readonly string[] {
  const blocks = read(path).matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))
  return Array.from(blocks, ([, code = '']) => code)
}
