/**
 * Measures the CPU that MCP tools cost merely by being offered to the model. Four agents offer 0, 1, 20 and 100 MCP tools
 * besides the weather tools. Each Bedrock turn asks for the weather and calls the model twice. Every service is a process of
 * its own. The AWS SDK uses nearly all of the measured CPU: it writes, hashes and sends the tools with each call of the
 * model. The agent's own share for each tool and turn is some hundredths of a millisecond.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ChatResponse } from '@entra-bedrock-agent/identity-trace'
import { ScriptedMcpServers, tool } from '../../tests/contract/mcp-client/scripted-server.ts'
import { median } from '../../tests/support/median.ts'
import { compare, type Peer, type Round } from '../support/compare.ts'
import { BenchStack, type StartedServer } from '../support/stack.ts'
import { printTable } from '../support/table.ts'

const toolCounts = [0, 1, 20, 100]
const rounds = 10
const turnsPerRound = 50
const warmUpRounds = 2
const description =
  'Looks something up in one of the many places of a big company, and says where it was found. '

/** Tools of about 200 tokens each. */
const toolNames = Array.from({ length: 100 }, (_, index) => `look_up_${index}`)
const tools = toolNames.map(name =>
  tool(name, {
    description: description.repeat(4),
    inputSchema: {
      type: 'object',
      properties: { query: { type: 'string', description }, place: { type: 'string', description } },
      required: ['query'],
    },
  }),
)

const folder = mkdtempSync(join(tmpdir(), 'mcp-tools-bench-'))
await using stack = await BenchStack.start({ bundled: true, bedrock: true })
const mcpServers = await new ScriptedMcpServers().start()
try {
  const agents: StartedServer[] = []
  for (const count of toolCounts) agents.push(await startAgent(count))
  const peers = agents.map(({ name, server, url }): Peer => ({ name, server, load: () => runRound(url) }))
  await compare(peers, warmUpRounds)
  const results = await compare(peers, rounds)
  const withoutTools = results[0]?.cpuMsPerTurn ?? Number.NaN
  const rows = results.map(async ({ cpuMsPerTurn }, index) => {
    const count = toolCounts[index] ?? 0
    const { inputTokens = 0, cacheReadInputTokens = 0 } = await usageWith(count, agents[index]?.url ?? '')
    // The difference that a single tool makes is less than the noise.
    const perTool = count < 20 ? '–' : ((cpuMsPerTurn - withoutTools) / count).toFixed(3)
    const cached = Math.round((100 * cacheReadInputTokens) / inputTokens)
    return [count, cpuMsPerTurn.toFixed(2), perTool, inputTokens, cached]
  })
  const head = ['MCP tools', 'CPU ms/turn', 'ms/tool', 'input tokens/turn', 'from the cache %']
  printTable([head, ...(await Promise.all(rows))])
} finally {
  await mcpServers.close()
  rmSync(folder, { recursive: true })
}

async function startAgent(count: number): Promise<StartedServer> {
  mcpServers.scripts[`with-${count}`] = { tools: tools.slice(0, count) }
  const server = {
    url: `${mcpServers.url}/with-${count}`,
    downstreamApi: 'weather',
    appId: stack.agentEnv['WEATHER_API_APP_ID'],
    allowedTools: toolNames.slice(0, count),
    readOnlyTools: toolNames.slice(0, count),
    protocol: '2025-11-25',
  }
  const file = join(folder, `${count}.json`)
  writeFileSync(file, JSON.stringify({ mcpServers: count === 0 ? {} : { big: server } }))
  const settings = { MCP_CONFIG: count === 0 ? '' : file, BEDROCK_PROBE: 'off' }
  return stack.startServer(`${count} tools`, stack.agentMain, '/api/chat', settings)
}

async function runRound(url: string): Promise<Round> {
  const times: number[] = []
  const startedMs = performance.now()
  for (let turn = 0; turn < turnsPerRound; turn++) {
    const turnStartedMs = performance.now()
    await ask(url)
    times.push(performance.now() - turnStartedMs)
  }
  const seconds = (performance.now() - startedMs) / 1_000
  return {
    turns: turnsPerRound,
    failed: 0,
    turnsPerSecond: turnsPerRound / seconds,
    p50Ms: median(times),
    p99Ms: Math.max(...times),
  }
}

async function ask(url: string): Promise<ChatResponse> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ message: 'Weather in Oslo', mode: 'bedrock', flow: 'autonomous' }),
  })
  const turn = (await response.json()) as ChatResponse
  if (turn.tools?.[0]?.status !== 'ok') throw new Error(`No weather: ${JSON.stringify(turn)}`)
  return turn
}

/** How many tokens of the model a turn used. @throws if the model was not offered exactly the measured tools. */
async function usageWith(count: number, url: string): Promise<Partial<NonNullable<ChatResponse['usage']>>> {
  const { trace, usage } = await ask(url)
  const body = trace.find(({ kind }) => kind === 'model')?.request?.body as { tools: readonly string[] }
  if (body.tools.length !== count + 2) throw new Error(`The model was offered ${body.tools.length} tools.`)
  return usage ?? {}
}
