/**
 * What a tool call costs through MCP, in both revisions of the protocol, compared with REST: the time of the tool, its token
 * request included, and of the whole Bedrock turn. The peers are measured alternately; each service has its own process.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ChatResponse } from '@entra-bedrock-agent/identity-trace'
import { BenchStack } from '../support/stack.ts'
import { printTable } from '../support/table.ts'

const warmUps = 50
const rounds = 20
const turnsPerRound = 20
const peers = [
  { name: 'REST', message: 'Weather in Oslo', tool: 'get_weather' },
  { name: 'MCP 2026-07-28', message: 'Ask modern for the weather in Oslo', tool: 'modern__get_weather' },
  { name: 'MCP 2025-11-25', message: 'Ask legacy for the weather in Oslo', tool: 'legacy__get_weather' },
]

const folder = mkdtempSync(join(tmpdir(), 'mcp-bench-'))
await using stack = await BenchStack.start({ bundled: true, bedrock: true })
const agent = await stack.startServer('agent', stack.agentMain, '/api/chat', { MCP_CONFIG: writeMcpConfig() })
try {
  await compare()
} finally {
  rmSync(folder, { recursive: true })
}

/** Configures the weather API's `/mcp` as two servers, one for each revision, and returns the file's path. */
function writeMcpConfig(): string {
  const { WEATHER_API_URL, WEATHER_API_APP_ID } = stack.agentEnv
  const server = {
    url: `${WEATHER_API_URL}/mcp`,
    downstreamApi: 'weather',
    appId: WEATHER_API_APP_ID,
    allowedTools: ['get_weather'],
    readOnlyTools: ['get_weather'],
  }
  const mcpServers = {
    modern: { ...server, protocol: '2026-07-28' },
    legacy: { ...server, protocol: '2025-11-25' },
  }
  const file = join(folder, 'mcp.json')
  writeFileSync(file, JSON.stringify({ mcpServers }))
  return file
}

interface Timing {
  readonly toolMs: number
  readonly turnMs: number
}

async function compare(): Promise<void> {
  const timings = new Map<string, Timing[]>(peers.map(({ name }) => [name, []]))
  for (const peer of peers) for (let turn = 0; turn < warmUps; turn++) await timeTurn(peer)
  for (let round = 0; round < rounds; round++) {
    for (const peer of peers) {
      for (let turn = 0; turn < turnsPerRound; turn++) timings.get(peer.name)?.push(await timeTurn(peer))
    }
  }
  const rows = peers.map(({ name }) => {
    const all = timings.get(name) ?? []
    const tool = all.map(({ toolMs }) => toolMs)
    const turn = all.map(({ turnMs }) => turnMs)
    return {
      name,
      cells: [quantile(tool, 0.5), quantile(tool, 0.95), quantile(turn, 0.5), quantile(turn, 0.95)],
    }
  })
  const base = rows[0]?.cells ?? []
  printTable([
    [
      'one turn at a time',
      'tool p50 ms',
      'tool p95 ms',
      'turn p50 ms',
      'turn p95 ms',
      'added to the tool, p50',
      'p95',
    ],
    ...rows.map(({ name, cells }) => [
      name,
      ...cells.map(ms => ms.toFixed(2)),
      ...[0, 1].map(index => ((cells[index] ?? 0) - (base[index] ?? 0)).toFixed(2)),
    ]),
  ])
}

async function timeTurn({ message, tool }: (typeof peers)[number]): Promise<Timing> {
  const startedMs = performance.now()
  const response = await fetch(agent.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ message, mode: 'bedrock', flow: 'autonomous' }),
  })
  const { tools, trace } = (await response.json()) as ChatResponse
  const turnMs = performance.now() - startedMs
  if (tools[0]?.name !== tool || tools[0].status !== 'ok') throw new Error(`${tool} was not called.`)
  return { toolMs: trace.find(({ kind }) => kind === 'tool')?.durationMs ?? Number.NaN, turnMs }
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN
}
