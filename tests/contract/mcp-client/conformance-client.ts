/** The conformance suite runs `node conformance-client.ts <url>`: the agent's MCP client lists the tools and calls each. */

import { betweenTurns, createApiCaller } from '@entra-agents/identity/core'
import { McpClient } from '@entra-agents/mcp-tools/client'
import { type ChosenTool, chooseTools } from '@entra-agents/mcp-tools/offered-tools'
import { notesServer } from '@entra-agents/mcp-tools/testing/notes-server'
import { mapFlows } from '@entra-agents/trace'
import pino from 'pino'
import { agentIdentity } from '../../support/identities.ts'

const url = process.argv.at(-1) ?? ''
const { toolCalls = [] } = JSON.parse(process.env['MCP_CONFORMANCE_CONTEXT'] ?? '{}') as {
  toolCalls?: { name: string; arguments: Record<string, unknown> }[]
}
const server = notesServer({ api: { url }, allowedTools: [], readOnlyTools: [] })
const token = {
  raw: 'token-of-the-suite',
  ...{ fingerprint: '0123456789ab', header: {}, claims: {}, checks: [] },
  attempts: 1,
  exchanged: [],
  isNew: false,
  correlationId: '',
}
const apiCaller = createApiCaller({
  agents: [agentIdentity],
  apis: [server.api],
  tokens: {
    obtain: async () => token,
    actor: 'sidecar',
    urlOf: () => '',
    health: {
      sidecar: { state: 'unknown' },
      flowsOf: () => mapFlows(() => ({ state: 'unknown' })),
      sidecarNeedsRestart: undefined,
    },
    refresh: async () => {},
    close: async () => {},
  },
  logger: pino({ level: 'silent' }),
})
const context = apiCaller.for(betweenTurns(agentIdentity))
const listingClient = new McpClient(server)
const { names } = await listingClient.listTools(context)
await listingClient.close()
const serverWithTools = { ...server, allowedTools: names, readOnlyTools: names }
const client = new McpClient(serverWithTools)
const toolList = await client.listTools(context)
const { tools } = chooseTools(serverWithTools, toolList.tools)
for (const tool of tools) {
  for (const input of argumentsFor(tool)) {
    // The suite has tools that always fail.
    await client.callTool(context, tool, input).catch(() => {})
  }
}
await client.close()
await apiCaller.close()

/** The arguments that the suite demands for a tool; if it demands none, a text or a number for each property of the schema. */
function argumentsFor({ definition: { name }, schema }: ChosenTool): readonly Record<string, unknown>[] {
  const wanted = toolCalls.filter(call => call.name === name)
  if (wanted.length > 0) return wanted.map(call => call.arguments)
  const properties = Object.entries(schema.properties as Record<string, { type?: string }>)
  return [Object.fromEntries(properties.map(([key, { type }]) => [key, type === 'string' ? 'text' : 1]))]
}
