import { mcpAttributes } from '@entra-agents/telemetry'
import { createMcpHandler, McpServer, SUPPORTED_PROTOCOL_VERSIONS } from '@modelcontextprotocol/server'
import { type Attributes, trace } from '@opentelemetry/api'
import type { FastifyRequest } from 'fastify'
import type { AlertStore } from '../alerts/alert-store.ts'
import type { WeatherProvider } from '../weather/provider.ts'
import { addAlertTools } from './alert-tools.ts'
import { addWeatherTools } from './weather-tools.ts'

/** The methods that spans may name; any other name is a text that a caller made up. */
const tracedMethods = [
  'server/discover',
  'initialize',
  'notifications/initialized',
  'ping',
  'tools/list',
  'tools/call',
]
const tracedRevisions = ['2026-07-28', ...SUPPORTED_PROTOCOL_VERSIONS]

/** What the tools get their results from. */
export interface ToolSources {
  readonly weather: WeatherProvider
  /** If `undefined`, there are no tools for alerts. */
  readonly alerts: AlertStore | undefined
}

/**
 * Responds to a request of any revision of the protocol. Each request has an `McpServer` to itself: callers share nothing.
 *
 * @param signal aborts when the client closes the connection
 */
export async function answerMcp(
  request: FastifyRequest,
  { weather, alerts }: ToolSources,
  signal: AbortSignal,
): Promise<Response> {
  trace.getActiveSpan()?.setAttributes(spanAttributesOf(request))
  const server = new McpServer(
    { name: 'weather-api', title: 'Weather API', version: '1' },
    { capabilities: { tools: { listChanged: false } } },
  )
  addWeatherTools(server, weather, request)
  if (alerts) addAlertTools(server, alerts, weather, request)
  // The tools never change, so that there is nothing to subscribe to.
  const { fetch } = createMcpHandler(() => server, { maxSubscriptions: 0 })
  return await fetch(toWebRequest(request, signal), { parsedBody: request.body })
}

function spanAttributesOf({ body, headers }: FastifyRequest): Attributes {
  const { method } = (body ?? {}) as { method?: unknown }
  return {
    [mcpAttributes.method]: tracedMethods.find(known => known === method),
    [mcpAttributes.protocolVersion]: tracedRevisions.find(known => known === headers['mcp-protocol-version']),
  }
}

/** The request without its token, which has been checked. */
function toWebRequest({ method, url, headers }: FastifyRequest, signal: AbortSignal): Request {
  const { authorization: _authorization, ...others } = headers
  const texts = Object.entries(others).map(([name, value]) => [name, String(value)] as const)
  return new Request(new URL(url, 'http://weather-api'), {
    method,
    headers: Object.fromEntries(texts),
    signal,
  })
}
