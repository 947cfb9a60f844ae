/**
 * Measures direct-mode turns through the whole chain (agent → sidecar → weather API), each service in its own process. The
 * agent, with and without sending traces, is compared with a bare server that makes the same two calls, and with a lean one
 * that also checks its input and the token. `BEFORE=<another checkout>` measures that checkout's agent as well.
 */
import { resolve } from 'node:path'
import autocannon from 'autocannon'
import { findFreePort } from '../../tests/support/ports.ts'
import { compare, type Peer, printComparison, type Round } from '../support/compare.ts'
import { BenchStack } from '../support/stack.ts'

const rounds = 12
const roundSeconds = 2
/**
 * The warm-up lasts until V8 has compiled all code: the agent needs 20,000 turns for that. The servers are warmed up in rounds, since
 * V8 drops the compiled code of a process that is idle for a while.
 */
const warmUp = { rounds: 10, connections: 16 }
const connectionCounts = [1, 16, 128]
const question = JSON.stringify({ message: 'Weather in Dallas?', mode: 'direct', flow: 'autonomous' })
const here = (file: string) => resolve(import.meta.dirname, file)

await using stack = await BenchStack.start()
const collectorPort = String(await findFreePort())
const collectorUrl = `http://localhost:${collectorPort}`
await stack.startProcess(here('collector.ts'), { PORT: collectorPort }, collectorUrl)
const { agentMain } = stack
/** No agents file and no file of MCP servers: a checkout `BEFORE` that lacks the flow agent-user cannot read these files. */
const oneAgentEnv = { AGENTS_CONFIG: '', MCP_CONFIG: '' }
const tracedEnv = { ...oneAgentEnv, OTEL_EXPORTER_OTLP_ENDPOINT: collectorUrl }
const { BEFORE } = process.env
const servers = [
  await stack.startServer('bare', here('bare-turn.ts'), '/'),
  await stack.startServer('lean', here('lean-turn.ts'), '/'),
  await stack.startServer('agent', agentMain, '/api/chat', oneAgentEnv),
  await stack.startServer('agent, traced', agentMain, '/api/chat', tracedEnv),
  ...(BEFORE
    ? [
        await stack.startServer(
          'agent, before',
          resolve(BEFORE, 'services/agent/src/main.ts'),
          '/api/chat',
          oneAgentEnv,
        ),
      ]
    : []),
]
const peersAt = (connections: number): readonly Peer[] =>
  servers.map(({ name, server, url }) => ({
    name,
    server,
    load: () => runRound(url, connections, roundSeconds),
  }))

await compare(peersAt(warmUp.connections), warmUp.rounds)
for (const connections of connectionCounts) {
  printComparison(`${connections} at a time`, await compare(peersAt(connections), rounds))
}

async function runRound(url: string, connections: number, duration: number): Promise<Round> {
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
