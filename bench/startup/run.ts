/** From process start to the first answer of /livez, and memory then: sources, bundle, and the smallest Fastify service. */
import { execFileSync } from 'node:child_process'
import { resolve } from 'node:path'
import { describeProcesses } from '../../scripts/demo/processes.ts'
import { findFreePort } from '../../tests/support/ports.ts'
import { MeasuredProcess } from '../support/process.ts'
import { median, printTable } from '../support/table.ts'

const runs = 9
const root = resolve(import.meta.dirname, '../..')
execFileSync(process.execPath, ['scripts/bundle.ts'], { cwd: root, stdio: 'inherit' })

const stack = describeProcesses({ LOG_LEVEL: 'warn' })
const agentWithMcpEnv = stack.find(({ name }) => name === 'agent')?.env ?? {}
const agentEnv = { ...agentWithMcpEnv, MCP_CONFIG: '' }
const weatherEnv = stack.find(({ name }) => name === 'weather-api')?.env ?? {}
const candidates = [
  { name: 'smallest Fastify service', main: 'bench/startup/bare-server.ts', env: {} },
  { name: 'weather-api, sources', main: 'services/weather-api/src/main.ts', env: weatherEnv },
  { name: 'weather-api, bundle', main: 'services/weather-api/dist/main.mjs', env: weatherEnv },
  { name: 'agent, sources', main: 'services/agent/src/main.ts', env: agentEnv },
  { name: 'agent, bundle', main: 'services/agent/dist/main.mjs', env: agentEnv },
  { name: 'agent, bundle, an MCP server', main: 'services/agent/dist/main.mjs', env: agentWithMcpEnv },
]

const rows: (string | number)[][] = [
  ['service', 'ready ms (median)', 'slowest ms', 'RSS MiB', 'times the smallest'],
]
let smallestMs = Number.NaN
for (const { name, main, env } of candidates) {
  const startMs: number[] = []
  const residentMiB: number[] = []
  for (let run = 0; run < runs; run++) {
    const [port, metricsPort] = [await findFreePort(), await findFreePort()]
    const process = await MeasuredProcess.start(
      resolve(root, main),
      { ...env, PORT: String(port), METRICS_PORT: String(metricsPort) },
      `http://localhost:${port}/livez`,
    )
    startMs.push(process.startMs)
    residentMiB.push(process.residentMiB)
    await process.stop()
  }
  const readyMs = median(startMs)
  if (Number.isNaN(smallestMs)) smallestMs = readyMs
  rows.push([
    name,
    Math.round(readyMs),
    Math.round(Math.max(...startMs)),
    Math.round(median(residentMiB)),
    (readyMs / smallestMs).toFixed(1),
  ])
}
printTable(rows)
