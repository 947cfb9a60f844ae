import { createIdentityClient, sidecar } from '@entra-agents/identity'
import { loadMcpTools } from '@langchain/mcp-adapters'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { createAgent } from 'langchain'
import { model, options } from './settings.ts'

const identity = createIdentityClient({ ...options, tokens: sidecar({ url: 'http://localhost:5000' }) })

/** Answers a user by the tools of an MCP server. Each user has a client, whose tools act for that user. */
export async function answer(authorization: string | undefined, content: string) {
  const acting = identity.as('clerk', { user: await identity.user(authorization) })
  const client = new Client({ name: 'clerk', version: '1.0.0' })
  const url = new URL('https://tasks.example/mcp')
  await client.connect(new StreamableHTTPClientTransport(url, { fetch: acting.fetch })) // +
  try {
    const agent = createAgent({ model, tools: await loadMcpTools('tasks', client) })
    const { messages } = await agent.invoke({ messages: [{ role: 'user', content }] })
    return { text: messages.at(-1)?.text, trace: acting.trace.steps }
  } finally {
    await client.close()
  }
}
