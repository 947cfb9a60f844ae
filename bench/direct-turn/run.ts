/**
 * CPU of turns without a model through the whole chain (agent → sidecar → weather API), each service in its own process. The peer is a
 * carefully written server for the one question. `BEFORE=<another checkout>` measures that checkout's agent as well.
 */
import { resolve } from 'node:path'
import autocannon from 'autocannon'
import { findFreePort } from '../../tests/support/ports.ts'
import { compare, type Peer, rowsOfCpu } from '../support/compare.ts'
import { whats } from '../support/pages.ts'
import { report } from '../support/report.ts'
import { rowOf } from '../support/row.ts'
import { BenchStack } from '../support/stack.ts'

const rounds = 12
const roundSeconds = 1
/**
 * The warm-up lasts until V8 has compiled all code: the agent needs 20,000 turns for that. The servers are warmed up in rounds, since
 * V8 drops the compiled code of a process that is idle for a while.
 */
const warmUp = { rounds: 24, connections: 16 }
const question = JSON.stringify({ message: 'Weather in Dallas?', mode: 'direct', flow: 'autonomous' })
const here = (file: string) => resolve(import.meta.dirname, file)

await using stack = await BenchStack.start()
const collectorPort = String(await findFreePort())
const collectorUrl = `http://localhost:${collectorPort}`
await stack.startProcess(here('collector.ts'), { PORT: collectorPort }, collectorUrl)
/** No agents file and no file of MCP servers: a checkout `BEFORE` that lacks the flow agent-user cannot read these files. */
const oneAgentEnv = { AGENTS_CONFIG: '', MCP_CONFIG: '' }
const tracedEnv = { ...oneAgentEnv, OTEL_EXPORTER_OTLP_ENDPOINT: collectorUrl }
const { BEFORE } = process.env
const agents = [
  await stack.startServer('agent', stack.agentMain, '/api/chat', oneAgentEnv),
  await stack.startServer('Fastify with the same two calls', here('lean-turn.ts'), '/'),
  ...(BEFORE
    ? [
        await stack.startServer(
          'before',
          resolve(BEFORE, 'services/agent/src/main.ts'),
          '/api/chat',
          oneAgentEnv,
        ),
      ]
    : []),
]
const traced = await stack.startServer('agent, traced', stack.agentMain, '/api/chat', tracedEnv)
const peersAt = (connections: number): readonly Peer[] =>
  [...agents, traced].map(({ name, server, url }) => ({
    name,
    server,
    load: () => runRound(url, connections, roundSeconds),
  }))

await compare(peersAt(warmUp.connections), warmUp.rounds)
const rows = []
for (const connections of [1, 16, 128]) {
  const measured = await compare(peersAt(connections), rounds)
  const { [traced.name]: tracedMs = [], ...others } = Object.fromEntries(measured)
  rows.push(...rowsOfCpu(whats.directTurn(connections), new Map(Object.entries(others))))
  const what = `CPU of a turn without a model, with traces sent, ${connections} at a time`
  rows.push(rowOf({ what, peer: 'without traces', unit: 'ms' }, tracedMs, others['agent'] ?? []))
}
report('direct-turn', rows)

async function runRound(url: string, connections: number, duration: number): Promise<number> {
  const headers = { 'content-type': 'application/json' }
  const result = await autocannon({ url, method: 'POST', headers, body: question, connections, duration })
  const failed = result.non2xx + result.errors + result.timeouts
  if (failed > 0) throw new Error(`${failed} turns at ${url} failed.`)
  return result.requests.total
}
