import type { ChatResponse } from '@entra-bedrock-agent/identity-trace'
import { describe, expect, it } from 'vitest'
import { forFile } from '../../support/for-file.ts'
import { identities } from '../../support/identities.ts'
import { McpStack } from '../mcp-client/mcp-stack.ts'
import { Collector, type SentSpan } from './collector.ts'

const revisions = ['2026-07-28', '2025-11-25'] as const
const turns: Record<string, ChatResponse> = {}

const collector = await forFile(new Collector().start())
const telemetry = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }
await using mcp = await McpStack.start()
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

function spansOf(turn: string, name: string): readonly SentSpan[] {
  return collector.spans.filter(span => span.traceId === traceIdOf(turn) && span.name === name)
}

const methodOf = ({ attributes }: SentSpan) => attributes['mcp.method.name']
const serverSpanOf = (turn: string) =>
  spansOf(turn, 'POST /mcp').find(span => methodOf(span) === 'tools/call')

describe.each(revisions)('a turn that calls a tool by MCP revision %s', revision => {
  it('is one tree of spans, down to the server’s check of the token', () => {
    const request = ['        weather-api: POST /mcp', '          weather-api: validate token']
    // Each user has a connection of their own; in the older revision it begins with a handshake of two messages.
    const requests = revision === '2025-11-25' ? [...request, ...request, ...request] : request
    expect(collector.treeOf(traceIdOf(revision))).toEqual([
      'agent: POST /api/chat',
      '  agent: invoke_agent entra-bedrock-agent',
      '    agent: chat eu.anthropic.claude-haiku-5-5',
      '    agent: chat eu.anthropic.claude-haiku-5-5',
      '    agent: execute_tool weather-tools__get_weather',
      '      agent: GET /AuthorizationHeader/{api}',
      '      agent: tools/call get_weather',
      ...requests,
    ])
  })

  it('has the attributes of the MCP conventions in the spans of agent and server', () => {
    const said = {
      'mcp.method.name': 'tools/call',
      'mcp.protocol.version': revision,
      'gen_ai.tool.name': 'get_weather',
    }
    expect(spansOf(revision, 'tools/call get_weather')).toMatchObject([
      {
        kind: 3,
        attributes: { ...said, 'app.api.name': 'weather-tools', 'server.address': expect.any(String) },
      },
    ])
    expect(serverSpanOf(revision)).toMatchObject({ kind: 2, attributes: { ...said, 'http.route': '/mcp' } })
  })

  it('has a server span for each message of the handshake, if the revision has a handshake', () => {
    const handshake = revision === '2025-11-25' ? ['initialize', 'notifications/initialized'] : []
    expect(spansOf(revision, 'POST /mcp').map(methodOf).sort()).toEqual([...handshake, 'tools/call'])
  })

  it('gives the reason of a failed tool in the agent’s span by a code of the agent, in the server’s span by a code of the server', () => {
    const turn = `${revision} fails`
    expect(spansOf(turn, 'tools/call get_weather')).toMatchObject([
      { failed: true, attributes: { 'error.type': 'MCP_TOOL_FAILED', 'mcp.protocol.version': revision } },
    ])
    expect(serverSpanOf(turn)?.attributes).toMatchObject({
      'error.type': 'CITY_NOT_FOUND',
      'http.response.status_code': 200,
    })
  })
})

it('no city, token or user is in any span', () => {
  expect(collector.spans.length).toBeGreaterThan(30)
  for (const word of ['Oslo', 'Qqqqq', 'eyJ', identities.ada.oid]) expect(collector.text).not.toContain(word)
})
