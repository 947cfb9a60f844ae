import type { IncomingMessage, ServerResponse } from 'node:http'
import { LocalServer } from '@entra-agents/service-kit/testing/local-server'

/** A message of the protocol, as far as scripts read it. */
export interface Message {
  readonly id?: number
  readonly method: string
  readonly params?: {
    readonly name?: string
    readonly arguments?: Record<string, unknown>
    readonly cursor?: string
    readonly _meta?: Readonly<Record<string, unknown>>
  }
}

export interface ReceivedRequest {
  readonly path: string
  readonly method: string
  readonly headers: IncomingMessage['headers']
  readonly message: Message | undefined
}

/** How the server at one path differs from a correct server of the protocol revision 2025-11-25. */
export interface Script {
  readonly tools?: readonly object[]
  /** Takes over a request. Returns the result of the JSON-RPC request, or `undefined` when it has responded itself. */
  readonly answer?: (received: ReceivedRequest, response: ServerResponse) => object | undefined
}

export const tool = (name: string, more: object = {}) => ({
  name,
  description: `The tool ${name}.`,
  inputSchema: { type: 'object', properties: {} },
  ...more,
})

export const textResult = (text: string) => ({ content: [{ type: 'text', text }] })

/** MCP servers on one socket, a path for each, that respond as scripted. They write JSON-RPC by hand and check no token. */
export class ScriptedMcpServers extends LocalServer {
  readonly received: ReceivedRequest[] = []
  readonly scripts: Record<string, Script> = {}

  constructor() {
    super((request, response) => void this.#answer(request, response), 'localhost')
  }

  /** The `tools/call` requests to one path. */
  callsOf(path: string): readonly ReceivedRequest[] {
    return this.received.filter(one => one.path === path && one.message?.method === 'tools/call')
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const text = Buffer.concat(chunks).toString('utf8')
    const message = text === '' ? undefined : (JSON.parse(text) as Message)
    const { method = '', headers, url = '' } = request
    const received = { path: url.slice(1), method, headers, message }
    this.received.push(received)
    const script = this.scripts[received.path]
    const answered = script?.answer?.(received, response)
    if (response.headersSent) return
    if (!script || !message) {
      response.writeHead(script ? 405 : 404).end()
      return
    }
    const result = answered ?? usualResult(message, script)
    if (message.id === undefined) response.writeHead(202).end()
    else send(response, message.id, result)
  }
}

function usualResult({ method }: Message, { tools = [] }: Script): object | undefined {
  switch (method) {
    case 'initialize':
      return {
        protocolVersion: '2025-11-25',
        capabilities: { tools: {} },
        serverInfo: { name: 'scripted', version: '1' },
      }
    case 'tools/list':
      return { tools }
    case 'tools/call':
      return textResult('done')
    default:
      return undefined
  }
}

function send(response: ServerResponse, id: number, result: object | undefined): void {
  const body = result ? { result } : { error: { code: -32601, message: 'There is no such method.' } }
  response
    .writeHead(result ? 200 : 404, { 'content-type': 'application/json' })
    .end(JSON.stringify({ jsonrpc: '2.0', id, ...body }))
}
