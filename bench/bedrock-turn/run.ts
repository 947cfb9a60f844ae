/**
 * What a Bedrock turn costs beside one of LangChain's `createAgent` with a static key: CPU of turns with a tool from sources, and the
 * delay until the first text of an answer without one, also beside the AWS SDK alone. `BEFORE=<another checkout>` measures that
 * checkout's agent as well.
 */
import { join, resolve } from 'node:path'
import { findFreePort } from '../../tests/support/ports.ts'
import { createBareClient, streamText } from '../support/bare-sdk.ts'
import { openTurn } from '../support/chat-client.ts'
import { compare, type Peer, rowsOfCpu } from '../support/compare.ts'
import { whats } from '../support/pages.ts'
import { report } from '../support/report.ts'
import { type Row, rowOf } from '../support/row.ts'
import { BenchStack, settingsForModel } from '../support/stack.ts'

const rounds = 16
/** For each load: how many turns run at the same time, and how many turns make up a round. */
const loads = [
  { atATime: 1, turns: 60 },
  { atATime: 20, turns: 200 },
]
/** The servers are warmed up alternately, one round each: V8 drops the compiled code of a process that idles for long. */
const warmUp = { rounds: 8, atATime: 20, turns: 200 }
const firstTextRounds = 200
const support = (file: string) => resolve(import.meta.dirname, '../support', file)

await using stack = await BenchStack.start()
const modelPort = String(await findFreePort())
const modelUrl = `http://localhost:${modelPort}`
await stack.startProcess(support('model-server.ts'), { PORT: modelPort }, modelUrl)
const env = { ...settingsForModel(modelUrl), MCP_CONFIG: '', STATIC_KEY: await stack.staticKey() }
const { BEFORE } = process.env
const before = BEFORE ? join(resolve(BEFORE), 'services/agent/src/main.ts') : undefined
const servers = [
  await stack.startServer('agent', stack.agentMain, '/api/chat', env),
  await stack.startServer('`createAgent` with a static key', support('langchain-agent.ts'), '/', env),
  ...(before ? [await stack.startServer('before', before, '/api/chat', env)] : []),
]
const peersAt = (atATime: number, turns: number): readonly Peer[] =>
  servers.map(({ name, server, url }) => ({ name, server, load: () => runTurns(url, atATime, turns) }))
await compare(peersAt(warmUp.atATime, warmUp.turns), warmUp.rounds)
const rows: Row[] = []
for (const { atATime, turns } of loads)
  rows.push(...rowsOfCpu(whats.toolTurn(atATime), await compare(peersAt(atATime, turns), rounds)))
report('bedrock-turn', [...rows, ...(await measureFirstText())])

async function runTurns(url: string, atATime: number, turns: number): Promise<number> {
  let left = turns
  const oneAfterTheOther = async () => {
    while (left-- > 0) {
      const { ok } = await openTurn(url, 'weather in Dallas').end
      if (!ok) throw new Error(`A turn at ${url} failed.`)
    }
  }
  await Promise.all(Array.from({ length: atATime }, oneAfterTheOther))
  return turns
}

async function measureFirstText(): Promise<readonly Row[]> {
  const client = createBareClient(modelUrl)
  const peers = [
    ...servers.map(({ name, url }) => ({ name, firstMs: () => firstTextAt(url), allMs: [] as number[] })),
    { name: 'the AWS SDK alone, in the client', firstMs: () => firstTextOf(client), allMs: [] as number[] },
  ]
  for (let round = -firstTextRounds; round < firstTextRounds; round++)
    for (const { firstMs, allMs } of peers) {
      const ms = await firstMs()
      if (round >= 0) allMs.push(ms)
    }
  const [own, ...others] = peers
  const head = { what: 'delay of the first text, one turn at a time', unit: 'ms' } as const
  return others.map(({ name: peer, allMs }) => rowOf({ ...head, peer }, own?.allMs ?? [], allMs))
}

async function firstTextAt(url: string): Promise<number> {
  const turn = openTurn(url, 'Hello')
  await turn.end
  return turn.firstToken
}

async function firstTextOf(client: ReturnType<typeof createBareClient>): Promise<number> {
  const startedMs = performance.now()
  let firstMs = Number.NaN
  for await (const _text of streamText(client, 'Hello'))
    if (Number.isNaN(firstMs)) firstMs = performance.now() - startedMs
  return firstMs
}
