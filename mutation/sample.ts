/**
 * Says how much a folder's tests notice, in minutes: changes single places of its sources and runs the tests after each.
 *
 *     node mutation/sample.ts --sources 'packages/service-kit/src/**' --tests packages/service-kit [--seed 1] [--count 60]
 *
 * `--sources` (a glob; tests and `testing/` are left out) and `--tests` (a filter as for `vitest run`) may stand more than
 * once. The same seed changes the same places while the sources are the same. All happens in a copy, so the working tree
 * stays as it is. What no test noticed is listed by line: a gap in the tests, or code that makes no difference.
 */
import { spawn } from 'node:child_process'
import {
  cpSync,
  globSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { findPlaces, isProgram, type Place } from './places.ts'

interface Change extends Place {
  readonly path: string
  readonly source: string
  readonly text: string
}

type Outcome = 'caught' | 'timed out' | 'survived'

const root = resolve(import.meta.dirname, '..')
const isLink = (path: string) => lstatSync(path).isSymbolicLink()

/** Numbers from 0 to 1 that only depend on the seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

function chooseChanges(paths: readonly string[], seed: number, count: number): readonly Change[] {
  const random = randomFrom(seed)
  const places = paths.flatMap(path => {
    const source = readFileSync(join(root, path), 'utf8')
    return findPlaces(path, source).map(place => ({ ...place, path, source }))
  })
  const changes: Change[] = []
  while (changes.length < count && places.length > 0) {
    const [place] = places.splice(Math.floor(random() * places.length), 1)
    const text = place?.texts[Math.floor(random() * place.texts.length)]
    if (!place || text === undefined) continue
    const change = { ...place, text }
    const changed = apply(change)
    if (changed !== place.source && isProgram(place.path, changed)) changes.push(change)
  }
  return changes
}

function apply({ source, start, end, text }: Change): string {
  return source.slice(0, start) + text + source.slice(end)
}

/** `path:line: before → after`, each shortened to one line. */
function describe({ path, source, start, end, text }: Change): string {
  const short = (part: string) => part.replace(/\s+/g, ' ').trim().slice(0, 100) || '(nothing)'
  return `${path}:${source.slice(0, start).split('\n').length}: ${short(source.slice(start, end))} → ${short(text)}`
}

/** A copy of the working tree whose packages import each other, not those of the working tree. */
function copyTree(): string {
  const copy = mkdtempSync(join(tmpdir(), 'mutation-'))
  process.on('exit', () => rmSync(copy, { recursive: true, force: true }))
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(1))
  const modules: string[] = []
  const filter = (path: string) => {
    if (basename(path) === 'node_modules') modules.push(path.slice(root.length + 1))
    return !['node_modules', '.git'].includes(basename(path))
  }
  cpSync(root, copy, { recursive: true, verbatimSymlinks: true, filter })
  for (const folder of modules) {
    mkdirSync(join(copy, folder))
    for (const name of readdirSync(join(root, folder))) {
      const from = join(root, folder, name)
      const isOfWorkspaces = name.startsWith('@') && readdirSync(from).some(part => isLink(join(from, part)))
      if (isOfWorkspaces) cpSync(from, join(copy, folder, name), { recursive: true, verbatimSymlinks: true })
      else symlinkSync(from, join(copy, folder, name))
    }
  }
  return copy
}

interface Run {
  readonly outcome: Outcome
  readonly output: string
}

function runTests(copy: string, changed: string, limit: number): Promise<Run> {
  const vitest = join(copy, 'node_modules/vitest/vitest.mjs')
  const config = join(copy, 'mutation/sample.vitest.config.ts')
  const options = ['run', '--bail=1', '--reporter=default', '--root', copy, '--config', config]
  // In a process group of its own, so that at the limit the workers and what they started end too.
  const child = spawn(process.execPath, [vitest, ...options, ...values.tests], {
    cwd: copy,
    env: { ...process.env, CHANGED_FILE: join(copy, changed) },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const kill = () => {
    try {
      process.kill(-Number(child.pid), 'SIGKILL')
    } catch {} // They have ended.
  }
  // Before the copy goes.
  process.prependListener('exit', kill)
  let output = ''
  child.stdout.on('data', data => (output += data))
  child.stderr.on('data', data => (output += data))
  return new Promise(done => {
    let isLate = false
    const timer = setTimeout(() => {
      isLate = true
      kill()
    }, limit)
    child.on('exit', code => {
      clearTimeout(timer)
      kill()
      process.off('exit', kill)
      done({ outcome: isLate ? 'timed out' : code === 0 ? 'survived' : 'caught', output })
    })
  })
}

const { values } = parseArgs({
  options: {
    sources: { type: 'string', multiple: true, default: [] },
    tests: { type: 'string', multiple: true, default: [] },
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '60' },
  },
})
const exclude = ['**/*.test.{ts,tsx}', '**/*.d.ts', '**/testing/**', '**/node_modules/**']
const paths = globSync(values.sources, { cwd: root, exclude })
  .filter(path => /\.tsx?$/.test(path))
  .sort()
const changes = chooseChanges(paths, Number(values.seed), Number(values.count))
if (changes.length === 0 || values.tests.length === 0)
  throw new Error('Name --sources with code, and --tests.')

const copy = copyTree()
const began = Date.now()
const unchanged = await runTests(copy, '', 600_000)
if (unchanged.outcome !== 'survived') throw new Error(`The tests fail without a change:\n${unchanged.output}`)
const seconds = Math.ceil((Date.now() - began) / 1000)
console.log(`${changes.length} changes in ${paths.length} files; the tests take ${seconds} s.`)

const counts: Record<Outcome, number> = { caught: 0, 'timed out': 0, survived: 0 }
for (const change of changes) {
  writeFileSync(join(copy, change.path), apply(change))
  const { outcome } = await runTests(copy, change.path, (20 + 3 * seconds) * 1000)
  writeFileSync(join(copy, change.path), change.source)
  counts[outcome]++
  if (outcome !== 'caught') console.log(`${outcome}  ${describe(change)}`)
}
const { caught, survived } = counts
console.log(`${caught} caught, ${counts['timed out']} timed out, ${survived} survived, of ${changes.length}.`)
