import { hash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import { type RunOptions, run } from '../../scripts/tools/run.ts'
import { launcherOf } from '../../scripts/tools/tool.ts'
import { findOnPath, isExecutable } from '../../scripts/tools/ways.ts'
import nodeManifest from './node/package.json' with { type: 'json' }
import type { WitnessTenant } from './tenant.ts'

/** Where the clients are installed: apart from the packages of this repository. */
const cache = resolve(import.meta.dirname, '../../node_modules/.cache/witnesses')
const launcher = launcherOf('chromium')
/** From CHROMIUM_PATH, from `make tools`, or on the PATH. */
const chromium =
  process.env['CHROMIUM_PATH'] ||
  (isExecutable(launcher)
    ? launcher
    : (findOnPath(['chromium', 'chromium-browser', 'google-chrome']) ?? 'chromium'))
const installTimeoutMs = 5 * 60_000
const runTimeoutMs = 2 * 60_000

type Command = readonly [program: string, ...args: string[]]

interface Language {
  /** Where its programs are. */
  readonly folder: string
  /** Prints its version if the language is on this machine. */
  readonly check: Command
  /** The files that pin the clients, with a hash for each archive. */
  readonly lock: readonly string[]
  /** Apart from the run, in which the programs trust only the emulator’s certificate. */
  readonly install: readonly Command[]
  /** Installs the newest clients in place of the pinned ones. */
  readonly newest: readonly Command[]
  /** Compiles the programs, in a language that needs it. */
  readonly build?: Command
  readonly run: Command
}

const npmOptions = ['--ignore-scripts', '--no-audit', '--no-fund']
const nodeClients = Object.keys(nodeManifest.dependencies).map(name => `${name}@latest`)
const npm = {
  folder: 'node',
  lock: ['package.json', 'package-lock.json'],
  install: [['npm', 'ci', ...npmOptions]],
  newest: [['npm', 'install', ...npmOptions, ...nodeClients]],
} satisfies Partial<Language>
const makeEnvironment: Command = ['python3', '-m', 'venv', 'environment']
const python = 'environment/bin/python'
const pip = [python, '-m', 'pip', '--disable-pip-version-check', 'install', '--quiet'] as const
const copyJars: Command = [
  ...(['mvn', '--batch-mode', '--quiet', '--strict-checksums'] as const),
  ...['org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies', '-DoutputDirectory=jars'],
]

export const languages = {
  node: {
    ...npm,
    check: ['npm', '--version'],
    run: [process.execPath, 'main.mjs'],
  },
  browser: {
    ...npm,
    check: [chromium, '--version'],
    run: [process.execPath, 'browser.mjs'],
  },
  python: {
    folder: 'python',
    check: ['python3', '-c', 'import ensurepip, venv'],
    lock: ['requirements.txt'],
    install: [makeEnvironment, [...pip, '--require-hashes', '-r', 'requirements.txt']],
    newest: [makeEnvironment, [...pip, 'azure-identity', 'msal']],
    run: [python, 'main.py'],
  },
  go: {
    folder: 'go',
    check: ['go', 'version'],
    lock: ['go.mod', 'go.sum'],
    install: [['go', 'mod', 'download']],
    newest: [
      ['go', 'get', '-u', '.'],
      ['go', 'mod', 'tidy'],
    ],
    run: ['go', 'run', '-mod=readonly', '.'],
  },
  java: {
    folder: 'java',
    check: ['mvn', '--version'],
    lock: ['pom.xml', 'jars.sha256'],
    install: [copyJars, [process.execPath, 'check-jars.mjs']],
    // 1.30.0-beta is older than its number says.
    newest: [[...copyJars, '-Dmsal4j.version=[1.26.1,1.30.0-alpha),[1.30.0,)']],
    build: ['javac', '-cp', 'jars/*', '-d', 'classes', 'Main.java', 'Witness.java'],
    run: ['java', '-cp', ['jars/*', 'classes'].join(delimiter), 'Main'],
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
    await start(languages[language].check, 30_000)
    return true
  } catch {
    return false
  }
}

/** Installs the clients of a language, unless they are there, and makes its calls. */
export async function makeCalls(
  name: LanguageName,
  tenant: WitnessTenant,
  { isNewest }: { readonly isNewest: boolean },
): Promise<readonly Outcome[]> {
  const language: Language = languages[name]
  const source = join(import.meta.dirname, language.folder)
  const pins = isNewest ? 'newest' : hashOf(language.lock.map(file => join(source, file)))
  const folder = join(cache, `${language.folder}-${pins}`)
  if (isNewest) rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  cpSync(source, folder, { recursive: true })
  await install(isNewest ? language.newest : language.install, folder)
  if (language.build) await start(language.build, installTimeoutMs, { cwd: folder })
  const program = start([...language.run, tenant.file], runTimeoutMs, {
    cwd: folder,
    env: {
      CHROMIUM_PATH: chromium,
      ...(tenant.certificateFile === undefined ? {} : trust(tenant.certificateFile)),
    },
  })
  const output = await program.catch(cause => {
    throw new Error(`The calls in ${name} broke off: ${cause instanceof Error ? cause.message : cause}`)
  })
  return output
    .split('\n')
    .filter(line => line.startsWith('{'))
    .map((line): Outcome => JSON.parse(line))
}

async function install(commands: readonly Command[], folder: string): Promise<void> {
  const done = join(folder, 'installed')
  if (existsSync(done)) return
  for (const command of commands) await start(command, installTimeoutMs, { cwd: folder })
  writeFileSync(done, '')
}

/** The variables by which Node, Python’s requests, Go, and the programs in Java trust a certificate. */
function trust(file: string): Readonly<Record<string, string>> {
  return { NODE_EXTRA_CA_CERTS: file, REQUESTS_CA_BUNDLE: file, SSL_CERT_FILE: file, NO_PROXY: 'localhost' }
}

const hashOf = (files: readonly string[]) =>
  hash('sha256', Buffer.concat(files.map(file => readFileSync(file)))).slice(0, 8)

function start([program, ...args]: Command, timeoutMs: number, options: Omit<RunOptions, 'signal'> = {}) {
  return run(program, args, { ...options, signal: AbortSignal.timeout(timeoutMs) })
}
