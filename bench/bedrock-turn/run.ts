/**
 * Measures what bedrock mode costs beyond Bedrock itself. First it compares the CPU of a turn with a tool to that of LangChain's
 * `createAgent` (`compare-agents.ts`, which also runs alone). Then it runs the agent's production bundle with the settings below and
 * a filled compile cache. It compares delays and CPU per turn to those of the bare AWS SDK and of a bare server around the SDK,
 * and measures the agent's memory over 2,000 turns and with up to 1,000 open streams. Every service is a process of its own.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { describeProcesses } from '../../scripts/demo/processes.ts'
import { median } from '../../tests/support/median.ts'
import { findFreePort } from '../../tests/support/ports.ts'
import { MeasuredProcess } from '../support/process.ts'
import { settingsForModel } from '../support/stack.ts'
import { printTable } from '../support/table.ts'
import { createBareClient, streamText } from './bare-sdk.ts'
import { type OpenTurn, openTurn } from './chat-client.ts'
import { compareAgents } from './compare-agents.ts'

const warmUps = 500
const turns = 300
const streamCounts = [1, 10, 100, 250, 500, 1_000]
const streamsOpenedAtOnce = 20
const holdMs = 4_000
const bulkTurns = 2_000
const bulkConnections = 20
const root = resolve(import.meta.dirname, '../..')

await compareAgents()
execFileSync(process.execPath, ['scripts/bundle.ts'], { cwd: root, stdio: 'inherit' })
const [modelPort, barePort, agentPort, metricsPort] = await Promise.all(
  Array.from({ length: 4 }, findFreePort),
)
const modelUrl = `http://localhost:${modelPort}`
const bareUrl = `http://localhost:${barePort}/`
const agentUrl = `http://localhost:${agentPort}`
const aws = settingsForModel(modelUrl)
/** Settings that reduce the agent's memory: small young generation, bounded heap, one malloc arena, a compile cache. */
const compileCache = mkdtempSync(join(tmpdir(), 'compile-cache-'))
const processSettings = {
  NODE_OPTIONS: '--max-semi-space-size=8 --max-old-space-size=256',
  MALLOC_ARENA_MAX: '1',
  NODE_COMPILE_CACHE: compileCache,
}
const agentEnv = {
  ...describeProcesses({ LOG_LEVEL: 'warn', WEATHER_API_ALERTS: 'false' }).find(
    ({ name }) => name === 'agent',
  )?.env,
  ...aws,
  ...processSettings,
  MCP_CONFIG: '',
  PORT: String(agentPort),
  RATE_LIMIT_PER_MINUTE: '100000000',
  METRICS_PORT: String(metricsPort),
}

const runningProcesses: MeasuredProcess[] = []
async function start(main: string, env: Record<string, string>, healthUrl: string): Promise<MeasuredProcess> {
  const started = await MeasuredProcess.start(resolve(root, main), env, healthUrl)
  runningProcesses.push(started)
  return started
}

const startAgent = () => start('services/agent/dist/main.mjs', agentEnv, `${agentUrl}/livez`)

try {
  await start('bench/bedrock-turn/model-server.ts', { PORT: String(modelPort) }, modelUrl)
  const bare = await start('bench/bedrock-turn/bare-stream.ts', { ...aws, PORT: String(barePort) }, bareUrl)
  const filling = await startAgent()
  await timeTurn(`${agentUrl}/api/chat`)
  await filling.stop()
  for (const measure of [
    (agent: MeasuredProcess) => measureDelays(bare, agent),
    measureBulk,
    measureOpenStreams,
  ]) {
    const agent = await startAgent()
    await measure(agent)
    await agent.stop()
    console.log()
  }
} finally {
  await Promise.all(runningProcesses.map(process => process.stop()))
  rmSync(compileCache, { recursive: true })
}

interface Timing {
  readonly firstMs: number
  readonly totalMs: number
}

async function measureDelays(bare: MeasuredProcess, agent: MeasuredProcess): Promise<void> {
  const client = createBareClient(modelUrl)
  const peers: {
    name: string
    process?: MeasuredProcess
    run: () => Promise<Timing>
    timings: Timing[]
    cpuMs: number
  }[] = [
    { name: 'bare SDK', run: () => timeBareSdk(client), timings: [], cpuMs: 0 },
    { name: 'bare server around it', process: bare, run: () => timeTurn(bareUrl), timings: [], cpuMs: 0 },
    { name: 'agent', process: agent, run: () => timeTurn(`${agentUrl}/api/chat`), timings: [], cpuMs: 0 },
  ]
  for (const { run } of peers) for (let turn = 0; turn < warmUps; turn++) await run()
  // Ten rounds with all peers, so that other load of the machine affects all of them alike.
  for (let round = 0; round < 10; round++) {
    for (const peer of peers) {
      const before = peer.process?.cpuMs ?? 0
      for (let turn = 0; turn < turns / 10; turn++) peer.timings.push(await peer.run())
      peer.cpuMs += (peer.process?.cpuMs ?? 0) - before
    }
  }
  const firstOf = (timings: Timing[]) => median(timings.map(({ firstMs }) => firstMs))
  const totalOf = (timings: Timing[]) => median(timings.map(({ totalMs }) => totalMs))
  const base = peers[0]?.timings ?? []
  printTable([
    ['one turn at a time', 'first token ms', 'added ms', 'answer ms', 'added ms', 'CPU ms/turn'],
    ...peers.map(({ name, process, timings, cpuMs }) => [
      name,
      firstOf(timings).toFixed(2),
      (firstOf(timings) - firstOf(base)).toFixed(2),
      totalOf(timings).toFixed(2),
      (totalOf(timings) - totalOf(base)).toFixed(2),
      process ? (cpuMs / turns).toFixed(2) : '–',
    ]),
  ])
}

async function timeBareSdk(client: ReturnType<typeof createBareClient>): Promise<Timing> {
  const startedMs = performance.now()
  let firstMs = Number.NaN
  for await (const _text of streamText(client, 'Hello')) {
    if (Number.isNaN(firstMs)) firstMs = performance.now() - startedMs
  }
  return { firstMs, totalMs: performance.now() - startedMs }
}

async function timeTurn(url: string): Promise<Timing> {
  const turn = openTurn(url, 'Hello')
  const { ms, ok } = await turn.end
  if (!ok) throw new Error(`A turn at ${url} failed.`)
  return { firstMs: await turn.firstToken, totalMs: ms }
}

/** Measures the agent's memory, which must not grow over many turns. */
async function measureBulk(agent: MeasuredProcess): Promise<void> {
  const rows: (string | number)[][] = [['turns', 'RSS MiB', 'turns/s', 'CPU ms/turn', 'failed']]
  const share = bulkTurns / 4
  for (let done = share; done <= bulkTurns; done += share) {
    let left = share
    let failed = 0
    const cpuBeforeMs = agent.cpuMs
    const startedMs = performance.now()
    const one = async () => {
      while (left-- > 0) if (!(await openTurn(`${agentUrl}/api/chat`, 'Hello').end).ok) failed += 1
    }
    await Promise.all(Array.from({ length: bulkConnections }, one))
    const seconds = (performance.now() - startedMs) / 1_000
    const cpuMs = (agent.cpuMs - cpuBeforeMs) / share
    rows.push([done, agent.residentMiB.toFixed(0), (share / seconds).toFixed(0), cpuMs.toFixed(2), failed])
  }
  printTable(rows)
}

async function measureOpenStreams(agent: MeasuredProcess): Promise<void> {
  for (let turn = 0; turn < warmUps; turn++) await timeTurn(`${agentUrl}/api/chat`)
  const idleMiB = agent.residentMiB
  const rows: (string | number)[][] = [
    [
      'open streams',
      'RSS MiB',
      'KiB/stream',
      'first token p50 ms',
      'p99 ms',
      'loop lag p99 ms',
      'CPU %',
      'failed',
    ],
  ]
  for (const count of streamCounts) {
    const open: OpenTurn[] = []
    while (open.length < count) {
      const length = Math.min(streamsOpenedAtOnce, count - open.length)
      const some = Array.from({ length }, () => openTurn(`${agentUrl}/api/chat`, 'hold the line'))
      await Promise.all(some.map(({ firstToken }) => firstToken))
      open.push(...some)
    }
    const firstMs = await Promise.all(open.map(({ firstToken }) => firstToken))
    firstMs.sort((a, b) => a - b)
    await loopLagMs()
    const cpuBefore = agent.cpuMs
    await delay(holdMs)
    const cpuPercent = ((agent.cpuMs - cpuBefore) / holdMs) * 100
    const residentMiB = agent.residentMiB
    const lagMs = await loopLagMs()
    await fetch(`${modelUrl}/release`, { method: 'POST' })
    const ends = await Promise.all(open.map(({ end }) => end))
    rows.push([
      count,
      residentMiB.toFixed(0),
      (((residentMiB - idleMiB) * 1024) / count).toFixed(0),
      median(firstMs).toFixed(0),
      (firstMs[Math.ceil(count * 0.99) - 1] ?? Number.NaN).toFixed(0),
      lagMs.toFixed(1),
      cpuPercent.toFixed(0),
      ends.filter(({ ok }) => !ok).length,
    ])
  }
  printTable(rows)
  console.log(`RSS before the first stream: ${idleMiB.toFixed(0)} MiB`)
}

/** The event loop lag that the agent measured since its metrics were last read. */
async function loopLagMs(): Promise<number> {
  const metrics = await (await fetch(`http://localhost:${metricsPort}/metrics`)).text()
  return Number(/^nodejs_eventloop_lag_p99_seconds (\S+)/m.exec(metrics)?.[1]) * 1_000
}
