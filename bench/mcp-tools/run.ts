/**
 * What the tools that the model is offered cost in CPU, whether or not it calls them: a Bedrock turn that asks for the weather (two calls
 * of the model) with 0, 1, 20 and 100 MCP tools beside the weather's. An agent for each number, in rounds; every service is a process of its own.
 * Nearly all of it is the AWS SDK's, which writes, hashes and sends the tools with each call; what the agent itself does for each
 * tool and turn is some hundredths of it.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { ChatResponse } from '@entra-bedrock-agent/identity-trace'
import { describeProcesses } from '../../scripts/demo/processes.ts'
import { ScriptedMcpServers, tool } from '../../tests/contract/mcp-client/scripted-server.ts'
import { findFreePort } from '../../tests/support/ports.ts'
import { MeasuredProcess } from '../support/process.ts'
import { median, printTable } from '../support/table.ts'

const counts = [0, 1, 20, 100]
const rounds = 10
const turnsPerRound = 50
const warmUps = 100
const root = resolve(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'mcp-tools-bench-'))
/** The model's share, as short as it gets. */
const atOnce = { EMULATOR_FIRST_TOKEN_MS: '0', EMULATOR_TOKEN_DELAY_MS: '0' }
const description =
  'Looks something up in one of the many places of a big company, and says where it was found. '

/** Some 200 tokens each. */
const names = Array.from({ length: 100 }, (_, index) => `look_up_${index}`)
const tools = names.map(name =>
  tool(name, {
    description: description.repeat(4),
    inputSchema: {
      type: 'object',
      properties: { query: { type: 'string', description }, place: { type: 'string', description } },
      required: ['query'],
    },
  }),
)

interface Peer {
  readonly count: number
  readonly url: string
  readonly process: MeasuredProcess
  /** CPU milliseconds a turn, one for each round. */
  readonly cpuMs: number[]
  inputTokens: number
  cachedTokens: number
}

execFileSync(process.execPath, ['scripts/bundle.ts'], { cwd: root, stdio: 'inherit' })
const portNames = ['PORT', 'SIDECAR_PORT', 'WEATHER_API_PORT', 'ENTRA_PORT', 'BEDROCK_PORT', 'METRICS_PORT']
const ports = Object.fromEntries(
  await Promise.all(portNames.map(async name => [name, String(await findFreePort())] as const)),
)
const stack = describeProcesses({ ...ports, WEATHER_PROVIDER: 'climate-normals', LOG_LEVEL: 'warn' })
const servers = await new ScriptedMcpServers().start()
const running: MeasuredProcess[] = []
try {
  const peers: Peer[] = []
  for (const { name, main, env, healthUrl } of stack) {
    if (name !== 'agent') {
      const settings = name === 'bedrock' ? atOnce : {}
      running.push(await MeasuredProcess.start(bundleOf(main), { ...env, ...settings }, healthUrl))
    } else for (const count of counts) peers.push(await startAgent(count, env, main))
  }
  await compare(peers)
} finally {
  await Promise.all(running.map(process => process.stop()))
  await servers.close()
  rmSync(folder, { recursive: true })
}

function bundleOf(main: string): string {
  return main.includes('/services/') ? main.replace('/src/main.ts', '/dist/main.mjs') : main
}

async function startAgent(count: number, env: Readonly<Record<string, string>>, main: string): Promise<Peer> {
  const [port, metricsPort] = [await findFreePort(), await findFreePort()]
  servers.scripts[`with-${count}`] = { tools: tools.slice(0, count) }
  const server = {
    url: `${servers.url}/with-${count}`,
    downstreamApi: 'weather',
    appId: env['WEATHER_API_APP_ID'],
    allowedTools: names.slice(0, count),
    protocol: '2025-11-25',
  }
  const file = join(folder, `${count}.json`)
  writeFileSync(file, JSON.stringify({ mcpServers: count === 0 ? {} : { big: server } }))
  const settings = {
    PORT: String(port),
    METRICS_PORT: String(metricsPort),
    MCP_CONFIG: count === 0 ? '' : file,
    RATE_LIMIT_PER_MINUTE: '100000000',
    BEDROCK_PROBE: 'off',
  }
  const url = `http://localhost:${port}`
  const process = await MeasuredProcess.start(bundleOf(main), { ...env, ...settings }, `${url}/livez`)
  running.push(process)
  return { count, url, process, cpuMs: [], inputTokens: 0, cachedTokens: 0 }
}

async function compare(peers: readonly Peer[]): Promise<void> {
  for (const peer of peers) for (let turn = 0; turn < warmUps; turn++) await ask(peer)
  for (let round = 0; round < rounds; round++) {
    for (const peer of round % 2 === 0 ? peers : peers.toReversed()) {
      const before = peer.process.cpuMs
      for (let turn = 0; turn < turnsPerRound; turn++) await ask(peer)
      peer.cpuMs.push((peer.process.cpuMs - before) / turnsPerRound)
      checkTools(peer, await ask(peer))
    }
  }
  const without = median(peers[0]?.cpuMs ?? [])
  printTable([
    ['MCP tools', 'CPU ms/turn', 'ms/tool', 'input tokens/turn', 'from the cache %'],
    ...peers.map(({ count, cpuMs, inputTokens, cachedTokens }) => [
      count,
      median(cpuMs).toFixed(2),
      // The share of a single one is less than the noise.
      count < 20 ? '–' : ((median(cpuMs) - without) / count).toFixed(3),
      inputTokens,
      Math.round((100 * cachedTokens) / inputTokens),
    ]),
  ])
}

async function ask({ url }: Peer): Promise<ChatResponse> {
  const response = await fetch(`${url}/api/chat`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ message: 'Weather in Oslo', mode: 'bedrock', flow: 'autonomous' }),
  })
  const turn = (await response.json()) as ChatResponse
  if (turn.tools?.[0]?.status !== 'ok') throw new Error(`No weather: ${JSON.stringify(turn)}`)
  return turn
}

/** Notes the tokens of a turn; throws where the model was not offered what is measured. */
function checkTools(peer: Peer, { trace, usage }: ChatResponse): void {
  const body = trace.find(({ kind }) => kind === 'model')?.request?.body as { tools: readonly string[] }
  if (body.tools.length !== peer.count + 2)
    throw new Error(`The model was offered ${body.tools.length} tools.`)
  peer.inputTokens = usage?.inputTokens ?? 0
  peer.cachedTokens = usage?.cacheReadInputTokens ?? 0
}
