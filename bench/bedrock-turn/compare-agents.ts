import { join, resolve } from 'node:path'
import { median } from '../../tests/support/median.ts'
import { findFreePort } from '../../tests/support/ports.ts'
import { compare, type Peer, printComparison, type Round } from '../support/compare.ts'
import { BenchStack, settingsForModel } from '../support/stack.ts'
import { openTurn } from './chat-client.ts'

const rounds = 12
/** For each load: how many turns run at the same time, and how many turns make up a round. */
const loads = [
  { atATime: 1, turns: 60 },
  { atATime: 20, turns: 200 },
]
/** The servers are warmed up alternately, one round each: V8 drops the compiled code of a process that idles for long. */
const warmUp = { rounds: 8, atATime: 20, turns: 200 }
const here = (file: string) => resolve(import.meta.dirname, file)

if (import.meta.main) await compareAgents()

/**
 * Compares the CPU time of a turn with one tool in this agent and in LangChain's `createAgent`, both run from source.
 * `BEFORE=<another checkout>` measures that checkout's agent as well.
 */
export async function compareAgents(): Promise<void> {
  await using stack = await BenchStack.start()
  const modelPort = String(await findFreePort())
  const modelUrl = `http://localhost:${modelPort}`
  await stack.startProcess(here('model-server.ts'), { PORT: modelPort }, modelUrl)
  const aws = { ...settingsForModel(modelUrl), MCP_CONFIG: '' }
  const { BEFORE } = process.env
  const before = BEFORE ? join(resolve(BEFORE), 'services/agent/src/main.ts') : undefined
  const servers = [
    await stack.startServer('createAgent', here('langchain-agent.ts'), '/', aws),
    await stack.startServer('agent', stack.agentMain, '/api/chat', aws),
    ...(before ? [await stack.startServer('agent, before', before, '/api/chat', aws)] : []),
  ]
  const peersAt = (atATime: number, turns: number): readonly Peer[] =>
    servers.map(({ name, server, url }) => ({ name, server, load: () => runTurns(url, atATime, turns) }))
  await compare(peersAt(warmUp.atATime, warmUp.turns), warmUp.rounds)
  for (const { atATime, turns } of loads) {
    printComparison(`with a tool, ${atATime} at a time`, await compare(peersAt(atATime, turns), rounds))
  }
}

async function runTurns(url: string, atATime: number, turns: number): Promise<Round> {
  const taken: { ms: number; ok: boolean }[] = []
  let left = turns
  const startedMs = performance.now()
  const oneAfterTheOther = async () => {
    while (left-- > 0) taken.push(await openTurn(url, 'weather in Dallas').end)
  }
  await Promise.all(Array.from({ length: atATime }, oneAfterTheOther))
  const seconds = (performance.now() - startedMs) / 1_000
  const msOfTurns = taken.map(({ ms }) => Math.round(ms)).sort((a, b) => a - b)
  return {
    turns,
    failed: taken.filter(({ ok }) => !ok).length,
    turnsPerSecond: turns / seconds,
    p50Ms: median(msOfTurns),
    p99Ms: msOfTurns[Math.floor(turns * 0.99)] ?? Number.NaN,
  }
}
