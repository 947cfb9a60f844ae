import { isProxied, OnDemand, readProxy } from '@entra-agents/service-kit'
import { createSender, type Send } from '@entra-agents/service-kit/send'
import { type Check, examine, type Finding, type Watch } from '../finding.ts'
import { nameChecks } from '../names.ts'
import { judgeChallenge, readChallenge, tryUnsignedToken } from './challenge.ts'
import { checkAuthority, tryClient } from './entra.ts'
import { judgeResource, judgeScopes, readMetadata } from './metadata.ts'

export interface McpOptions {
  readonly url: string
  /** The client id that MCP clients of this server use. */
  readonly client?: string | undefined
  /** Entra’s origin, if it is none of the known ones. */
  readonly authority?: string | undefined
}

/** Asks an MCP server as a client would that has no token yet, and says what would go wrong between client, server and Entra. */
export async function examineMcp(options: McpOptions, watch?: Watch): Promise<readonly Finding[]> {
  const { send, close } = createSender({ connectTimeoutMs: 4_000 })
  try {
    return await examine(mcpChecks(send, options), { watch, limitMs: 20_000 })
  } finally {
    await close()
  }
}

function mcpChecks(send: Send, { url, client, authority }: McpOptions): readonly Check[] {
  const proxy = readProxy()
  const names = proxy && isProxied(url, proxy) ? [] : nameChecks([url])
  const challenge = new OnDemand(() => readChallenge(send, url))
  const metadata = new OnDemand(async () => readMetadata(send, url, await challenge.get()))
  // biome-ignore format: table
  return [
    ...names,
    { name: 'MCP challenge', needs: names.map(({ name }) => name), run: async () => judgeChallenge(await challenge.get()) },
    { name: 'MCP token', needs: ['MCP challenge'], run: () => tryUnsignedToken(send, url) },
    { name: 'MCP metadata', needs: ['MCP challenge'], run: async () => judgeResource(url, await metadata.get()) },
    { name: 'MCP scopes', needs: ['MCP metadata'], run: async () => judgeScopes(await metadata.get()) },
    { name: 'MCP authority', needs: ['MCP metadata'], run: async () => checkAuthority(send, await metadata.get(), authority) },
    { name: 'MCP client', needs: ['MCP scopes', 'MCP authority'], run: async () => tryClient(client, await metadata.get()) },
  ]
}
