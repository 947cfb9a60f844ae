import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'

/** The newest revision, and the last one that begins with `initialize`. */
export const revisions = ['2026-07-28', '2025-11-25'] as const

/** A client of the official SDK that speaks one revision only, with a token for every request. */
export async function connectClient(url: string, revision: (typeof revisions)[number], token: string) {
  const client = new Client(
    { name: 'test', version: '1' },
    { versionNegotiation: { mode: revision === '2025-11-25' ? 'legacy' : { pin: revision } } },
  )
  const authProvider = { token: async () => token }
  await client.connect(new StreamableHTTPClientTransport(new URL('/mcp', url), { authProvider }))
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.close() })
}
