import type { ChatResponse } from '@entra-agents/trace'
import { expect, it } from 'vitest'
import { forFile } from '../../support/for-file.ts'
import { identities } from '../../support/identities.ts'
import { startMcpStack } from '../mcp-client/start-mcp-stack.ts'
import { Collector } from './collector.ts'

const revisions = ['2026-07-28', '2025-11-25'] as const
const turns: Record<string, ChatResponse> = {}

const collector = await forFile(new Collector().start())
const telemetry = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }
await using mcp = await startMcpStack()
await mcp.stack.restart('weather', telemetry)
const server = {
  url: `${mcp.stack.weatherUrl}/mcp`,
  downstreamApi: 'weather',
  appId: identities.weatherAppId,
  allowedTools: ['get_weather'],
}
for (const protocol of revisions) {
  await mcp.configure({ 'weather-tools': { ...server, protocol } }, telemetry)
  const ada = await mcp.stack.signIn(identities.ada.oid)
  const ask = (city: string) => mcp.answerTo(`Ask weather-tools for the weather in ${city}`, ada)
  // In a user's first turn, the tools are listed for that user too.
  await mcp.answerTo('Hello!', ada)
  turns[protocol] = await ask('Oslo')
  turns[`${protocol} fails`] = await ask('Qqqqq')
}
const traceIdOf = (turn: string) => turns[turn]?.turnId.replaceAll('-', '') ?? ''

it('A turn that calls a tool by MCP is one tree of spans, down to the server’s check of the token; its spans have the attributes of the MCP conventions', async () => {
  // What other spans have is in traces.txt.
  const ofMcp = /tool|mcp|token|Authorization/
  const trees = Object.keys(turns).map(
    turn => `# ${turn}\n\n${collector.treeOf(traceIdOf(turn), {}, ofMcp)}\n`,
  )
  await expect(trees.join('')).toMatchFileSnapshot('mcp-spans.txt')
})

it('no city, token or user is in any span', () => {
  expect(collector.spans.length).toBeGreaterThan(30)
  for (const word of ['Oslo', 'Qqqqq', 'eyJ', identities.ada.oid]) expect(collector.text).not.toContain(word)
})
