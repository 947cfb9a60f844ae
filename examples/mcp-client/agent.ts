import { createIdentityClient, sidecar } from '@entra-agents/identity'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'

const identity = createIdentityClient({
  tenantId: '11111111-2222-4333-8444-555555555555',
  blueprintAppId: 'cccccccc-0000-4000-8000-00000000000c',
  agents: { clerk: { clientId: 'bbbbbbbb-0000-4000-8000-00000000000b' } },
  apis: { 'tasks-mcp': { url: 'https://tasks.example/mcp', appId: '99999999-0000-4000-8000-00000000000a' } },
  tokens: sidecar({ url: 'http://localhost:5000' }),
})

/** Calls a tool for a user. Each user has a client; connections are shared below `fetch`. */
export async function answer(authorization: string | undefined, tool: string) {
  const agent = identity.as('clerk', { user: await identity.user(authorization) })
  const client = new Client({ name: 'clerk', version: '1.0.0' })
  const url = new URL('https://tasks.example/mcp')
  await client.connect(new StreamableHTTPClientTransport(url, { fetch: agent.fetch })) // +
  try {
    const { content } = await client.callTool({ name: tool, arguments: {} })
    return { text: JSON.stringify(content), trace: agent.trace.steps }
  } finally {
    await client.close()
  }
}
