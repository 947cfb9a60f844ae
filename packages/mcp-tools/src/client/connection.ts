import { AsyncLocalStorage } from 'node:async_hooks'
import { type ApiResponse, type CallProgress, readResponse, sendAndNote } from '@entra-agents/identity/core'
import { LinkedAbort } from '@entra-agents/service-kit'
import type { OutboundRequest, OutboundResponse, Send } from '@entra-agents/service-kit/send'
import { Client, type PriorDiscovery, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import manifest from '../../package.json' with { type: 'json' }
import type { McpServer } from '../config.ts'
import { type ServerAnswer, ServerRequests } from './server-requests.ts'

/** One call of the agent, which the protocol may carry out by several requests. */
export interface Exchange {
  readonly send: Send
  /** The headers of the call, token included. */
  readonly headers: Readonly<Record<string, string>>
  readonly signal: AbortSignal
  readonly maxBytes: number
  readonly progress: CallProgress
  /** The error on the wire, which the protocol's library would wrap or replace. */
  failure?: unknown
}

/** A response outside the protocol: a refused token, a redirect, or a fault of the server (5xx). */
export class RefusedExchange extends Error {
  override readonly name = 'RefusedExchange'
  readonly response: ApiResponse

  constructor(response: ApiResponse) {
    super(`The server responded ${response.status}.`)
    this.response = response
  }
}

/** A message of the protocol, as the library writes it. */
interface Message {
  readonly id?: string | number
  readonly method?: string
}

const protocolModes = {
  auto: 'auto',
  '2026-07-28': { pin: '2026-07-28' },
  '2025-11-25': 'legacy',
} as const
const closeTimeoutMs = 2_000

/** Each call's exchange, so that a token goes only with the call it was obtained for, also on shared connections. */
const exchanges = new AsyncLocalStorage<Exchange>()

/** A connection to one server under one identity. It goes to the configured address and nowhere else. */
export class McpConnection {
  readonly #server: McpServer
  readonly #client: Client
  readonly #transport: StreamableHTTPClientTransport
  /** The last call's exchange, for messages that belong to no call any more, such as a cancellation. */
  #latest: Exchange
  #calls = 0
  #isRetired = false

  private constructor(server: McpServer, exchange: Exchange) {
    this.#server = server
    this.#latest = exchange
    this.#client = new Client(
      { name: 'entra-bedrock-agent', version: manifest.version },
      {
        versionNegotiation: { mode: protocolModes[server.protocol] },
        inputRequired: { autoFulfill: false },
      },
    )
    this.#transport = new StreamableHTTPClientTransport(new URL(server.api.url), {
      fetch: (_url, init) => this.#fetch(init),
    })
  }

  /** Connects. Sends no request if the server is known to speak the modern protocol, which needs no handshake. */
  static async open(
    server: McpServer,
    exchange: Exchange,
    prior: PriorDiscovery | undefined,
  ): Promise<McpConnection> {
    const connection = new McpConnection(server, exchange)
    await connection.#run(exchange, async () => {
      const { signal } = exchange
      const options = { signal, timeout: server.limits.timeoutMs }
      await connection.#client.connect(connection.#transport, { ...options, ...(prior ? { prior } : {}) })
    })
    return connection
  }

  /** Whether the server speaks the modern or the legacy protocol, for the connections after this one. */
  get prior(): PriorDiscovery {
    const discover = this.#client.getDiscoverResult()
    return discover ? { kind: 'modern', discover } : { kind: 'legacy' }
  }

  get hasSession(): boolean {
    return this.#transport.sessionId !== undefined
  }

  /** Makes one call. Throws RefusedExchange, what `send` threw, or the library's error. */
  async call<Result>(exchange: Exchange, make: (client: Client) => Promise<Result>): Promise<Result> {
    this.#latest = exchange
    this.#calls += 1
    try {
      return await this.#run(exchange, () => make(this.#client))
    } finally {
      this.#calls -= 1
      this.#closeIfUnused()
    }
  }

  /** Closes when the last call that is under way has ended. */
  retire(): void {
    this.#isRetired = true
    this.#closeIfUnused()
  }

  #closeIfUnused(): void {
    if (this.#isRetired && this.#calls === 0) void this.close()
  }

  /** Closes the connection, and the server's session if there is one. Never throws. */
  async close(): Promise<void> {
    await exchanges.run(this.#latest, () => this.#transport.terminateSession()).catch(() => {})
    await this.#client.close().catch(() => {})
  }

  async #run<Result>(exchange: Exchange, make: () => Promise<Result>): Promise<Result> {
    try {
      return await exchanges.run(exchange, make)
    } catch (error) {
      throw exchange.failure ?? error
    }
  }

  async #fetch({ method = 'GET', headers, body, signal }: RequestInit = {}): Promise<Response> {
    // With GET the library would open a stream for messages that the server pushes. The agent does not use them.
    if (method === 'GET') return new Response(null, { status: 405 })
    const exchange = exchanges.getStore() ?? this.#latest
    const text = typeof body === 'string' ? body : undefined
    const message: Message = text === undefined ? {} : JSON.parse(text)
    // A cancellation or the end of a session has to be sent even after the call or the connection was given up.
    const isFarewell = method === 'DELETE' || message.method === 'notifications/cancelled'
    using limit = new LinkedAbort(exchange.signal, ...(signal ? [signal] : []))
    const request = {
      method: method as NonNullable<OutboundRequest['method']>,
      url: this.#server.api.url,
      headers: { ...exchange.headers, ...Object.fromEntries(new Headers(headers)) },
      body: text,
      maxBytes: exchange.maxBytes,
      ...(isFarewell ? { timeoutMs: closeTimeoutMs } : { signal: limit.signal }),
    }
    try {
      const response = await postMessage(exchange, request, message.method === 'tools/call')
      // Of the messages that are posted, only requests have an id.
      if (message.id !== undefined && endsWithoutResult(response))
        throw new Error('The stream ended without a result.')
      const { status } = response
      if (endsExchange(status)) throw new RefusedExchange(readResponse(response))
      return new Response(response.text || null, { status, headers: joinHeaderValues(response.headers) })
    } catch (error) {
      exchange.failure = error
      throw error
    }
  }
}

/**
 * Sends a message, and answers requests that the server makes before it responds, which the response then lacks. Notes
 * whether a tool may have run.
 */
async function postMessage(
  exchange: Exchange,
  request: OutboundRequest,
  mayRun: boolean,
): Promise<OutboundResponse> {
  const { send, progress } = exchange
  const asked = new ServerRequests(answer => void sendAnswer(exchange, request, answer))
  const posted = { ...request, onText: (piece: string) => asked.take(piece) }
  const response = await (mayRun ? sendAndNote(progress, send, posted) : send(posted))
  return isEventStream(response) ? { ...response, text: asked.rest } : response
}

/** Whether a call fails by this status. The library reads all others: some show a legacy server or a failure of the protocol. */
function endsExchange(status: number): boolean {
  return status === 401 || status === 403 || status >= 500 || (status >= 300 && status < 400)
}

const maxAnswerBytes = 64 * 1024

/** Sends an answer with the token of the call during which the server asked, without the headers that describe that call. */
async function sendAnswer(
  { send, signal }: Exchange,
  { url, headers: { 'mcp-method': _method, 'mcp-name': _name, ...headers } = {} }: OutboundRequest,
  answer: ServerAnswer,
): Promise<void> {
  const body = JSON.stringify(answer)
  // A server that does not get the answer goes on waiting, until the call's own limit.
  await send({ method: 'POST', url, headers, body, maxBytes: maxAnswerBytes, signal }).catch(() => {})
}

/** Whether a stream ended without a result. For a legacy server the library would wait, since the rest could be fetched later. */
function endsWithoutResult(response: OutboundResponse): boolean {
  return isEventStream(response) && !/"(?:result|error)"\s*:/.test(response.text)
}

function isEventStream({ status, headers }: OutboundResponse): boolean {
  return status === 200 && /^text\/event-stream/.test(String(headers['content-type']))
}

function joinHeaderValues(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): [string, string][] {
  return Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
  )
}
