import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import type { WitnessTenant } from './tenant.ts'

/** Where the clients are installed: apart from the packages of this repository. */
const cache = resolve(import.meta.dirname, '../../node_modules/.cache/witnesses')
const installTimeoutMs = 5 * 60_000
const runTimeoutMs = 3 * 60_000

type Command = readonly [program: string, ...args: string[]]

interface Language {
  /** Prints its version if the language is on this machine. */
  readonly check: Command
  /** The files that pin the clients, with a hash for each archive. */
  readonly lock: readonly string[]
  readonly install: readonly Command[]
  readonly run: Command
}

const python = 'environment/bin/python'
const pip = [python, '-m', 'pip', '--disable-pip-version-check', 'install', '--quiet'] as const

export const languages = {
  node: {
    check: ['npm', '--version'],
    lock: ['package.json', 'package-lock.json'],
    install: [['npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund']],
    run: [process.execPath, 'main.mjs'],
  },
  python: {
    check: ['python3', '-c', 'import ensurepip, venv'],
    lock: ['requirements.txt'],
    install: [
      ['python3', '-m', 'venv', 'environment'],
      [...pip, '--require-hashes', '-r', 'requirements.txt'],
    ],
    run: [python, 'main.py'],
  },
  go: {
    check: ['go', 'version'],
    lock: ['go.mod', 'go.sum'],
    install: [],
    run: ['go', 'run', '-mod=readonly', '.'],
  },
} satisfies Record<string, Language>
export type LanguageName = keyof typeof languages
export const languageNames = Object.keys(languages) as LanguageName[]

/** What one call of a client came to. The programs print a line of JSON for each. */
export interface Outcome {
  readonly client: string
  readonly name: string
  readonly expected: string
  readonly got: string
  readonly result: 'ok' | 'RED' | 'not possible'
}

export async function isInstalled(language: LanguageName): Promise<boolean> {
  try {
    await run(languages[language].check, { cwd: import.meta.dirname, timeoutMs: 30_000 })
    return true
  } catch {
    return false
  }
}

/** Installs the clients of a language, unless they are there, and makes its calls. */
export async function makeCalls(name: LanguageName, tenant: WitnessTenant): Promise<readonly Outcome[]> {
  const language: Language = languages[name]
  const source = join(import.meta.dirname, name)
  const folder = join(cache, `${name}-${hashOf(language.lock.map(file => join(source, file)))}`)
  mkdirSync(folder, { recursive: true })
  cpSync(source, folder, { recursive: true })
  await install(language, folder)
  const output = await run([...language.run, tenant.file], {
    cwd: folder,
    timeoutMs: runTimeoutMs,
    env: tenant.certificateFile === undefined ? {} : trust(tenant.certificateFile),
  })
  return output
    .split('\n')
    .filter(line => line.startsWith('{'))
    .map((line): Outcome => JSON.parse(line))
}

async function install({ install: commands }: Language, folder: string): Promise<void> {
  const done = join(folder, 'installed')
  if (existsSync(done)) return
  for (const command of commands) await run(command, { cwd: folder, timeoutMs: installTimeoutMs })
  writeFileSync(done, '')
}

/** The variables by which Node, Python’s requests, and Go trust a certificate. */
function trust(file: string): Readonly<Record<string, string>> {
  return { NODE_EXTRA_CA_CERTS: file, REQUESTS_CA_BUNDLE: file, SSL_CERT_FILE: file, NO_PROXY: 'localhost' }
}

function hashOf(files: readonly string[]): string {
  const hash = createHash('sha256')
  for (const file of files) hash.update(readFileSync(file))
  return hash.digest('hex').slice(0, 8)
}

interface RunOptions {
  readonly cwd: string
  readonly timeoutMs: number
  readonly env?: Readonly<Record<string, string>>
}

/** Runs a program and returns its output; rejects with the end of its error output. */
async function run([program, ...args]: Command, { cwd, timeoutMs, env = {} }: RunOptions): Promise<string> {
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: timeoutMs,
  })
  const [[code], output, complaint] = await Promise.all([
    once(child, 'close'),
    text(child.stdout),
    text(child.stderr),
  ])
  if (code !== 0)
    throw new Error(`${program} ${args.join(' ')} ended with ${code}:\n${complaint.slice(-2_000)}`)
  return output
}
