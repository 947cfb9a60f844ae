/**
 * Direct-mode turns per second through the whole chain (agent → sidecar → weather API), every service a process of its
 * own, beside a bare server that makes the same two calls, and beside an agent that sends its traces. CPU is that of the
 * measured process alone.
 */
import { resolve } from 'node:path'
import autocannon from 'autocannon'
import { describeProcesses } from '../../scripts/demo/processes.ts'
import { findFreePort } from '../../tests/support/ports.ts'
import { MeasuredProcess } from '../support/process.ts'
import { median, printTable } from '../support/table.ts'

const durationS = 6
/** Before it, code that is not yet compiled would be compared with code that is. */
const warmUpS = 15
const comparedRounds = 9
const connectionCounts = [1, 16, 128]
const unlimited = { RATE_LIMIT_PER_MINUTE: '100000000', MAX_CONCURRENT_TURNS: '10000' }
const question = JSON.stringify({ message: 'Weather in Dallas?', mode: 'direct', flow: 'autonomous' })

const portNames = [
  'PORT',
  'SIDECAR_PORT',
  'WEATHER_API_PORT',
  'ENTRA_PORT',
  'BEDROCK_PORT',
  'METRICS_PORT',
  'BARE_PORT',
  'TRACED_PORT',
  'TRACED_METRICS_PORT',
  'COLLECTOR_PORT',
]
const ports = Object.fromEntries(
  await Promise.all(portNames.map(async name => [name, String(await findFreePort())] as const)),
)
const stack = describeProcesses({
  ...process.env,
  ...ports,
  WEATHER_PROVIDER: 'climate-normals',
  LOG_LEVEL: 'warn',
})
const running = new Map<string, MeasuredProcess>()
try {
  for (const { name, main, env, healthUrl } of stack) {
    if (name === 'bedrock') continue
    running.set(
      name,
      await MeasuredProcess.start(main, { ...env, ...(name === 'agent' ? unlimited : {}) }, healthUrl),
    )
  }
  const agentEnv = stack.at(-1)?.env ?? {}
  const bareUrl = `http://localhost:${ports['BARE_PORT']}`
  const bare = await MeasuredProcess.start(
    resolve(import.meta.dirname, 'bare-turn.ts'),
    { ...agentEnv, PORT: ports['BARE_PORT'] ?? '' },
    bareUrl,
  )
  running.set('bare', bare)
  const collectorUrl = `http://localhost:${ports['COLLECTOR_PORT']}`
  const collector = resolve(import.meta.dirname, 'collector.ts')
  running.set(
    'collector',
    await MeasuredProcess.start(collector, { PORT: ports['COLLECTOR_PORT'] ?? '' }, collectorUrl),
  )
  const tracedUrl = `http://localhost:${ports['TRACED_PORT']}`
  const traced = await MeasuredProcess.start(
    stack.at(-1)?.main ?? '',
    {
      ...agentEnv,
      ...unlimited,
      PORT: ports['TRACED_PORT'] ?? '',
      METRICS_PORT: ports['TRACED_METRICS_PORT'] ?? '',
      OTEL_EXPORTER_OTLP_ENDPOINT: collectorUrl,
    },
    `${tracedUrl}/livez`,
  )
  running.set('traced', traced)
  const agent = running.get('agent')
  if (!agent) throw new Error('The agent is not running.')

  const rows: (string | number)[][] = [
    ['connections', 'server', 'turns/s', 'p50 ms', 'p99 ms', 'failed', 'CPU ms/turn', 'of the bare server'],
  ]
  for (const connections of connectionCounts) {
    const bareResult = await measure(`${bareUrl}/`, connections, bare)
    const agentResult = await measure(`http://localhost:${ports['PORT']}/api/chat`, connections, agent)
    const ratio = agentResult.turnsPerSecond / bareResult.turnsPerSecond
    rows.push([connections, 'bare', ...cells(bareResult), '100 %'])
    rows.push([connections, 'agent', ...cells(agentResult), `${Math.round(ratio * 100)} %`])
  }
  printTable(rows)
  const tracing = await compareCpu(
    { url: `http://localhost:${ports['PORT']}/api/chat`, server: agent },
    { url: `${tracedUrl}/api/chat`, server: traced },
  )
  console.log(`\nA traced turn costs ${tracing.toFixed(2)} times the CPU of an untraced one.`)
} finally {
  await Promise.all([...running.values()].map(process => process.stop()))
}

/** CPU per turn of the second as a multiple of the first's, measured by turns, so that both have the same machine; the median. */
async function compareCpu(
  ...pair: { readonly url: string; readonly server: MeasuredProcess }[]
): Promise<number> {
  for (const { url } of pair) await autocannon({ ...loadOf(url, 16), duration: warmUpS })
  const ratios: number[] = []
  for (let round = 0; round < comparedRounds; round++) {
    const cpuMsPerTurn: number[] = []
    for (const { url, server } of pair) {
      const before = server.cpuMs
      const { requests } = await autocannon({ ...loadOf(url, 16), duration: 3 })
      cpuMsPerTurn.push((server.cpuMs - before) / requests.total)
    }
    const [plain = Number.NaN, compared = Number.NaN] = cpuMsPerTurn
    ratios.push(compared / plain)
  }
  return median(ratios)
}

interface Measurement {
  readonly turnsPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly failed: number
  readonly cpuMsPerTurn: number
}

async function measure(url: string, connections: number, server: MeasuredProcess): Promise<Measurement> {
  const load = loadOf(url, connections)
  await autocannon({ ...load, duration: 2 })
  const cpuBeforeMs = server.cpuMs
  const result = await autocannon({ ...load, duration: durationS })
  return {
    turnsPerSecond: result.requests.total / result.duration,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
    failed: result.non2xx + result.errors + result.timeouts,
    cpuMsPerTurn: (server.cpuMs - cpuBeforeMs) / result.requests.total,
  }
}

function loadOf(url: string, connections: number) {
  const headers = { 'content-type': 'application/json' }
  return { url, method: 'POST' as const, headers, body: question, connections }
}

function cells(result: Measurement): (string | number)[] {
  return [
    Math.round(result.turnsPerSecond),
    result.p50Ms,
    result.p99Ms,
    result.failed,
    result.cpuMsPerTurn.toFixed(2),
  ]
}
