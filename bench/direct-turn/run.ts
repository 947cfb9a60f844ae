/**
 * Direct-mode turns through the whole chain (agent → sidecar → weather API), every service a process of its own, beside a bare
 * server that makes the same two calls, beside a lean one that also looks at what it gets, and beside an agent that sends its
 * traces. `BEFORE=<another checkout>` measures that checkout's agent as well.
 */
import { resolve } from 'node:path'
import autocannon from 'autocannon'
import { describeProcesses } from '../../scripts/demo/processes.ts'
import { findFreePort } from '../../tests/support/ports.ts'
import { compare, type Peer, type Round } from '../support/compare.ts'
import { MeasuredProcess } from '../support/process.ts'
import { printTable } from '../support/table.ts'

const rounds = 12
const roundS = 2
/** Before the first round, code that is not yet compiled would be compared with code that is. */
const warmUpS = 10
const connectionCounts = [1, 16, 128]
const unlimited = { RATE_LIMIT_PER_MINUTE: '100000000', MAX_CONCURRENT_TURNS: '10000' }
const question = JSON.stringify({ message: 'Weather in Dallas?', mode: 'direct', flow: 'autonomous' })

const portNames = ['PORT', 'SIDECAR_PORT', 'WEATHER_API_PORT', 'ENTRA_PORT', 'BEDROCK_PORT', 'METRICS_PORT']
const ports = Object.fromEntries(
  await Promise.all(portNames.map(async name => [name, String(await findFreePort())] as const)),
)
const stack = describeProcesses({
  ...process.env,
  ...ports,
  WEATHER_PROVIDER: 'climate-normals',
  LOG_LEVEL: 'warn',
})
const agent = stack.find(({ name }) => name === 'agent')
if (!agent) throw new Error('The demo has no agent.')
const running: MeasuredProcess[] = []

/** Starts a server on a port of its own; `path` takes the question. */
async function start(name: string, main: string, path: string, env: Record<string, string> = {}) {
  const [port, metricsPort] = [await findFreePort(), await findFreePort()]
  const url = `http://localhost:${port}`
  const server = await MeasuredProcess.start(
    main,
    { ...agent?.env, ...unlimited, ...env, PORT: String(port), METRICS_PORT: String(metricsPort) },
    `${url}/livez`,
  )
  running.push(server)
  return { name, server, url: `${url}${path}` }
}

try {
  for (const { name, main, env, healthUrl } of stack) {
    if (name !== 'bedrock' && name !== 'agent')
      running.push(await MeasuredProcess.start(main, env, healthUrl))
  }
  const here = (file: string) => resolve(import.meta.dirname, file)
  const collectorPort = String(await findFreePort())
  const collectorUrl = `http://localhost:${collectorPort}`
  running.push(await MeasuredProcess.start(here('collector.ts'), { PORT: collectorPort }, collectorUrl))
  const { BEFORE } = process.env
  const servers = [
    await start('bare', here('bare-turn.ts'), '/'),
    await start('lean', here('lean-turn.ts'), '/'),
    await start('agent', agent.main, '/api/chat'),
    await start('agent, traced', agent.main, '/api/chat', { OTEL_EXPORTER_OTLP_ENDPOINT: collectorUrl }),
    ...(BEFORE
      ? [await start('agent, before', resolve(BEFORE, 'services/agent/src/main.ts'), '/api/chat')]
      : []),
  ]
  for (const { url } of servers) await load(url, 16, warmUpS)
  for (const connections of connectionCounts) {
    const peers: Peer[] = servers.map(({ name, server, url }) => ({
      name,
      server,
      load: () => load(url, connections, roundS),
    }))
    const results = await compare(peers, rounds)
    printTable([
      [
        `${connections} at a time`,
        'turns/s',
        'p50 ms',
        'p99 ms',
        'failed',
        'CPU ms/turn',
        ...results.map(({ name }) => `× ${name}`),
      ],
      ...results.map(({ name, turnsPerSecond, p50Ms, p99Ms, failed, cpuMsPerTurn, timesCpuOf }) => [
        name,
        Math.round(turnsPerSecond),
        p50Ms,
        p99Ms,
        failed,
        cpuMsPerTurn.toFixed(3),
        ...results.map(peer => timesCpuOf(peer.name).toFixed(2)),
      ]),
    ])
    console.log()
  }
} finally {
  await Promise.all(running.map(process => process.stop()))
}

async function load(url: string, connections: number, duration: number): Promise<Round> {
  const headers = { 'content-type': 'application/json' }
  const result = await autocannon({ url, method: 'POST', headers, body: question, connections, duration })
  return {
    turns: result.requests.total,
    failed: result.non2xx + result.errors + result.timeouts,
    turnsPerSecond: result.requests.total / result.duration,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
  }
}
