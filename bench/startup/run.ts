/**
 * Measures the time from a process's start to its first answer at /livez, and its memory then. Both services and the smallest
 * Fastify service run as in images (bundled, their code compiled) and from sources.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { writeBundle } from '../../scripts/bundle.ts'
import type { DemoProcess } from '../../scripts/demo/process.ts'
import { describeProcesses } from '../../scripts/demo/processes.ts'
import { median } from '../../tests/support/median.ts'
import { findFreePort } from '../../tests/support/ports.ts'
import { MeasuredProcess } from '../support/process.ts'
import { printTable } from '../support/table.ts'

const rounds = Number(process.argv[2] ?? 11)
const root = resolve(import.meta.dirname, '../..')
const temporaryFolder = mkdtempSync(join(tmpdir(), 'startup-'))

interface Candidate {
  readonly name: string
  readonly main: string
  readonly env: Readonly<Record<string, string>>
}

interface StartFigures {
  readonly readyMs: number
  readonly cpuMs: number
  readonly residentMiB: number
}

const demoProcesses = describeProcesses({ LOG_LEVEL: 'warn' })
const envOf = (process: string) => demoProcesses.find(({ name }) => name === process)?.env ?? {}
const withMcp = envOf('agent')
const withoutMcp = { ...withMcp, MCP_CONFIG: '' }
const apis = demoProcesses.filter(({ name }) => name.endsWith('-api'))

// The images run with the settings of the Dockerfile.
const smallestImage = await bundleAsImage('bench/startup/bare-server.ts', {})
const apiImageEnv = { NODE_OPTIONS: '--max-semi-space-size=4 --max-old-space-size=128' }
const agentImage = await bundleAsImage('services/agent/src/main.ts', {
  NODE_OPTIONS: '--max-semi-space-size=8 --max-old-space-size=256',
  MALLOC_ARENA_MAX: '1',
})
const smallest = { name: 'smallest Fastify service, sources', main: 'bench/startup/bare-server.ts', env: {} }
const candidates: readonly Candidate[] = [
  smallest,
  ...apis.map(({ name, main, env }) => ({ name: `${name}, sources`, main, env })),
  { name: 'agent, sources', main: 'services/agent/src/main.ts', env: withoutMcp },
  { name: 'smallest Fastify service, image', ...smallestImage },
  ...(await Promise.all(apis.map(imageOfApi))),
  { name: 'agent, image', ...agentImage, env: { ...withoutMcp, ...agentImage.env } },
  { name: 'agent, image, an MCP server', ...agentImage, env: { ...withMcp, ...agentImage.env } },
]

const startsByCandidate = new Map(candidates.map(candidate => [candidate, [] as StartFigures[]]))
for (let round = 0; round < rounds; round++) {
  for (const candidate of round % 2 === 0 ? candidates : candidates.toReversed()) {
    startsByCandidate.get(candidate)?.push(await measure(candidate))
  }
}
rmSync(temporaryFolder, { recursive: true })

const smallestStarts = startsByCandidate.get(smallest) ?? []
const ratioToSmallest = (own: readonly StartFigures[], of: (start: StartFigures) => number) =>
  median(
    own.flatMap((start, round) => (smallestStarts[round] ? of(start) / of(smallestStarts[round]) : [])),
  ).toFixed(2)
printTable([
  ['service', 'ready ms', 'CPU ms', 'RSS MiB', 'times the smallest, ready', 'CPU'],
  ...Array.from(startsByCandidate, ([{ name }, own]) => [
    name,
    Math.round(median(own.map(({ readyMs }) => readyMs))),
    median(own.map(({ cpuMs }) => cpuMs)),
    Math.round(median(own.map(({ residentMiB }) => residentMiB))),
    ratioToSmallest(own, ({ readyMs }) => readyMs),
    ratioToSmallest(own, ({ cpuMs }) => cpuMs),
  ]),
])
console.log(`Medians of ${rounds} rounds; the ratios are taken within each round.`)

/** Bundles a process and compiles the bundle, as the Dockerfile does. */
async function bundleAsImage(entry: string, settings: Readonly<Record<string, string>>) {
  const folder = join(temporaryFolder, dirname(entry))
  await writeBundle(entry, folder)
  const env = { NODE_ENV: 'production', NODE_COMPILE_CACHE: join(folder, 'compile-cache') }
  // The script runs the process, which ends at once because it has no configuration.
  execFileSync(process.execPath, [join(root, 'scripts/fill-compile-cache.ts')], {
    cwd: folder,
    env,
    stdio: 'ignore',
  })
  return { main: join(folder, 'main.mjs'), env: { ...env, ...settings } }
}

/** The image of an API that the demo brings along. */
async function imageOfApi({ name, main, env }: DemoProcess): Promise<Candidate> {
  const image = await bundleAsImage(relative(root, main), apiImageEnv)
  return { name: `${name}, image`, main: image.main, env: { ...env, ...image.env } }
}

async function measure({ main, env }: Candidate): Promise<StartFigures> {
  const [port, metricsPort] = [await findFreePort(), await findFreePort()]
  const service = await MeasuredProcess.start(
    resolve(root, main),
    { ...env, PORT: String(port), METRICS_PORT: String(metricsPort) },
    `http://localhost:${port}/livez`,
  )
  const { startMs: readyMs, cpuMs, residentMiB } = service
  await service.stop()
  return { readyMs, cpuMs, residentMiB }
}
