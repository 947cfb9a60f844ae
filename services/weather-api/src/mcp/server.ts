import { mcpAttributes } from '@entra-bedrock-agent/telemetry'
import { createMcpHandler, McpServer, SUPPORTED_PROTOCOL_VERSIONS } from '@modelcontextprotocol/server'
import { type Attributes, trace } from '@opentelemetry/api'
import type { FastifyRequest } from 'fastify'
import type { WeatherProvider } from '../weather/provider.ts'
import { addTools } from './tools.ts'

/** What callers write is noted only where it is a word of the protocol. */
const methods = [
  'server/discover',
  'initialize',
  'notifications/initialized',
  'ping',
  'tools/list',
  'tools/call',
]
const revisions = ['2026-07-28', ...SUPPORTED_PROTOCOL_VERSIONS]

/**
 * Answers one request of either era of the protocol. Nothing outlives it, so no two callers share anything.
 *
 * @param signal aborts when the client is gone
 */
export async function answerMcp(
  request: FastifyRequest,
  weather: WeatherProvider,
  signal: AbortSignal,
): Promise<Response> {
  trace.getActiveSpan()?.setAttributes(describe(request))
  const server = new McpServer(
    { name: 'weather-api', title: 'Weather API', version: '1' },
    { capabilities: { tools: { listChanged: false } } },
  )
  addTools(server, weather, request)
  // The tools never change, so there is nothing to subscribe to.
  const { fetch } = createMcpHandler(() => server, { maxSubscriptions: 0 })
  return await fetch(toWebRequest(request, signal), { parsedBody: request.body })
}

function describe({ body, headers }: FastifyRequest): Attributes {
  const { method } = (body ?? {}) as { method?: unknown }
  return {
    [mcpAttributes.method]: methods.find(known => known === method),
    [mcpAttributes.protocolVersion]: revisions.find(known => known === headers['mcp-protocol-version']),
  }
}

/** The request without its token, which was checked before and is nobody else's business. */
function toWebRequest({ method, url, headers }: FastifyRequest, signal: AbortSignal): Request {
  const { authorization: _authorization, ...others } = headers
  const texts = Object.entries(others).map(([name, value]) => [name, String(value)] as const)
  return new Request(new URL(url, 'http://weather-api'), {
    method,
    headers: Object.fromEntries(texts),
    signal,
  })
}
