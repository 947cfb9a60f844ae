import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { LocalServer } from '@entra-agents/service-kit/testing/local-server'

/** A message of the protocol, as far as scripts read it. */
interface Message {
  readonly id?: number | string
  readonly method?: string
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

/** Responds itself, or returns the result of the JSON-RPC request; without either, the usual result is sent. */
type Handler = (received: ReceivedRequest, response: ServerResponse) => unknown

/** How the server at one path differs from a correct server of the protocol revision 2025-11-25. */
export interface Script {
  readonly tools?: readonly object[]
  /** Handles the requests for the list of tools. */
  readonly onList?: Handler
  /** Handles the calls of tools. */
  readonly onCall?: Handler
  /** Handles the requests that have no handler of their own. */
  readonly onRequest?: Handler
}

export const tool = (name: string, more: object = {}) => ({
  name,
  description: `The tool ${name}.`,
  inputSchema: { type: 'object', properties: {} },
  ...more,
})

export const textResult = (words: string) => ({ content: [{ type: 'text', text: words }] })

/** Refuses a request with a challenge, such as `insufficient_scope`. */
export const refuse =
  (status: number, challenge: string): Handler =>
  (_received, response) =>
    response.writeHead(status, { 'www-authenticate': `Bearer ${challenge}` }).end()

/** MCP servers on one socket, a path for each, that respond as scripted. They write JSON-RPC by hand and check no token. */
export class ScriptedMcpServers extends LocalServer {
  readonly received: ReceivedRequest[] = []
  readonly scripts: Record<string, Script> = {}

  constructor() {
    super((request, response) => void this.#answer(request, response), 'localhost')
  }

  /** The requests to one path that call a tool. */
  callsOf(path: string): readonly ReceivedRequest[] {
    return this.requestsOf(path, 'tools/call')
  }

  requestsOf(path: string, method: string): readonly ReceivedRequest[] {
    return this.received.filter(one => one.path === path && one.message?.method === method)
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request)
    const message = body === '' ? undefined : (JSON.parse(body) as Message)
    const { method = '', headers, url = '' } = request
    const received = { path: url.slice(1), method, headers, message }
    this.received.push(received)
    const script = this.scripts[received.path]
    const answered = script && handlerOf(script, message)?.(received, response)
    if (response.headersSent) return
    if (!script || !message) {
      response.writeHead(script ? 405 : 404).end()
      return
    }
    const result = answered ?? usualResult(message, script)
    if (message.id === undefined) response.writeHead(202).end()
    else sendResult(response, message.id, result)
  }
}

function handlerOf({ onList, onCall, onRequest }: Script, message: Message | undefined): Handler | undefined {
  switch (message?.method) {
    case 'tools/list':
      return onList ?? onRequest
    case 'tools/call':
      return onCall ?? onRequest
    default:
      return onRequest
  }
}

/** The answer to `initialize` of a correct server of the protocol revision 2025-11-25. */
export const initializeResult = {
  protocolVersion: '2025-11-25',
  capabilities: { tools: {} },
  serverInfo: { name: 'scripted', version: '1' },
}

function usualResult({ method }: Message, { tools = [] }: Script): object | undefined {
  switch (method) {
    case 'initialize':
      return initializeResult
    case 'tools/list':
      return { tools }
    case 'tools/call':
      return textResult('done')
    default:
      return undefined
  }
}

function sendResult(response: ServerResponse, id: number | string, result: unknown): void {
  const body = result ? { result } : { error: { code: -32601, message: 'There is no such method.' } }
  response
    .writeHead(result ? 200 : 404, { 'content-type': 'application/json' })
    .end(JSON.stringify({ jsonrpc: '2.0', id, ...body }))
}
