/**
 * Time from a process's start to its first answer at /livez, and its memory then, beside the smallest Fastify service. Both run as images
 * (bundled, their code compiled) and from sources.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { describeProcesses, ownApis } from '../../scripts/demo/processes.ts'
import { findFreePort } from '../../tests/support/ports.ts'
import { bundleAsImage, imageSettings } from '../support/image.ts'
import { whats } from '../support/pages.ts'
import { MeasuredProcess } from '../support/process.ts'
import { report } from '../support/report.ts'
import { type Row, rowOf } from '../support/row.ts'

const rounds = 13
const root = resolve(import.meta.dirname, '../..')
const temporaryFolder = mkdtempSync(join(tmpdir(), 'startup-'))

interface Candidate {
  readonly name: string
  readonly main: string
  readonly env: Readonly<Record<string, string>>
}

const demoProcesses = describeProcesses({ LOG_LEVEL: 'warn' }, undefined, ownApis)
const agentEnv = { ...demoProcesses.find(({ name }) => name === 'agent')?.env, MCP_CONFIG: '' }
const apis = demoProcesses.filter(({ name }) => name.endsWith('-api'))
const smallestMain = 'bench/startup/bare-server.ts'
const agentMain = 'services/agent/src/main.ts'
const smallest = 'the smallest Fastify service'
const candidates: Candidate[] = [
  { name: `${smallest}, sources`, main: smallestMain, env: {} },
  { name: 'agent, sources', main: agentMain, env: agentEnv },
  { name: `${smallest}, image`, ...(await bundleAsImage(smallestMain, temporaryFolder)) },
  await imageOf('agent', agentMain, agentEnv, imageSettings.agent),
]
for (const { name, main, env } of apis)
  candidates.push(await imageOf(name, relative(root, main), env, imageSettings.api))

const starts = new Map(
  candidates.map(({ name }) => [name, { readyMs: [] as number[], memoryMiB: [] as number[] }]),
)
const of = (name: string) => starts.get(name) ?? { readyMs: [], memoryMiB: [] }
for (let round = 0; round < rounds; round++)
  for (const candidate of round % 2 === 0 ? candidates : candidates.toReversed()) await measure(candidate)
rmSync(temporaryFolder, { recursive: true })

const startOf = (name: string, peer: string): Row =>
  rowOf({ what: `start of ${name}`, peer, unit: 'ms' }, of(name).readyMs, of(peer).readyMs)
const image = `${smallest}, image`
report('startup', [
  startOf('agent, image', image),
  startOf('agent, image', `${smallest}, sources`),
  startOf('agent, sources', `${smallest}, sources`),
  ...apis.map(({ name }) => startOf(`${name}, image`, image)),
  rowOf(
    { what: whats.startedMemory, peer: image, unit: 'MiB' },
    of('agent, image').memoryMiB,
    of(image).memoryMiB,
  ),
])

async function imageOf(
  name: string,
  main: string,
  env: Readonly<Record<string, string>>,
  settings: Readonly<Record<string, string>>,
): Promise<Candidate> {
  const bundled = await bundleAsImage(main, temporaryFolder, settings)
  return { name: `${name}, image`, main: bundled.main, env: { ...env, ...bundled.env } }
}

async function measure({ name, main, env }: Candidate): Promise<void> {
  const [port, metricsPort] = [await findFreePort(), await findFreePort()]
  const service = await MeasuredProcess.start(
    resolve(root, main),
    { ...env, PORT: String(port), METRICS_PORT: String(metricsPort) },
    `http://localhost:${port}/livez`,
  )
  of(name).readyMs.push(service.startMs)
  of(name).memoryMiB.push(service.residentMiB)
  await service.stop()
}
