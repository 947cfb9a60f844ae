import type { LookupFunction } from 'node:net'
import { Agent, type Dispatcher, EnvHttpProxyAgent, errors, interceptors, Pool } from 'undici'
import { isProxied, ProxyError, readProxy } from './proxy.ts'

/** A request to another server. */
export interface OutboundRequest {
  readonly url: string
  /** Default: GET. */
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | undefined
  /** What the body of the response may measure, both as it is sent and decompressed. */
  readonly maxBytes: number
  /** For everything from the look-up of the name to the last byte. Without it only the signal ends the request. */
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** Gets the body of the response piece by piece while it comes. */
  readonly onText?: ((text: string) => void) | undefined
}

/** A response, whatever its status; redirects are not followed. */
export interface OutboundResponse {
  readonly status: number
  /** By names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
}

/** Sends one request. Throws a {@link SendError}, or the reason of the request's signal. */
export type Send = (request: OutboundRequest) => Promise<OutboundResponse>

/**
 * Why there is no response. `refused`: nobody listens at the address. `unreachable`: no connection was made for another reason.
 * `proxy`: the forward proxy leads nowhere. In these cases nothing was sent. `broken`: the connection ended before the response did.
 */
export type SendErrorKind = 'refused' | 'unreachable' | 'proxy' | 'broken' | 'timeout' | 'too-large' | 'other'

export class SendError extends Error {
  override readonly name = 'SendError'
  readonly kind: SendErrorKind
  /** Node's or undici's code for it, where there is one. */
  readonly code: string | undefined
  /** Of the response, where one had begun. */
  readonly status: number | undefined

  constructor(kind: SendErrorKind, message: string, options: { cause?: unknown; status?: number } = {}) {
    super(message, options)
    this.kind = kind
    this.code = codeOf(options.cause)
    this.status = options.status
  }
}

/** Sends requests over connections that are kept. */
export interface Sender {
  readonly send: Send
  /** Ends what is still under way. */
  close(): Promise<void>
}

export interface ConnectionOptions {
  /** At most so many for each origin; further requests wait for one. Default: no limit. */
  readonly connections?: number
  readonly connectTimeoutMs?: number
  readonly lookup?: LookupFunction
  /** What the body of a response may measure as it is sent. Default: no limit. */
  readonly maxResponseSize?: number
}

/**
 * Connections to other servers, by the proxy that the environment names. All that leave a process, but those of the AWS SDK and of
 * telemetry, are made here.
 */
export function openConnections(options: ConnectionOptions): Dispatcher {
  const { connectTimeoutMs: timeout, lookup, ...limits } = options
  const connect = { ...(timeout === undefined ? {} : { timeout }), ...(lookup ? { lookup } : {}) }
  const proxy = readProxy()
  if (proxy === undefined) return new Agent({ ...limits, connect })
  return new EnvHttpProxyAgent({
    ...limits,
    connect,
    ...(timeout === undefined ? {} : { connectTimeout: timeout }),
    httpProxy: proxy.HTTP_PROXY ?? '',
    httpsProxy: proxy.HTTPS_PROXY ?? '',
    noProxy: proxy.NO_PROXY,
    clientFactory: (origin, options) => new ProxyPool(origin, options),
  })
}

/** Connections to the proxy, which tell its failures from those of the host behind it. */
class ProxyPool extends Pool {
  override connect(options: Dispatcher.ConnectOptions): Promise<Dispatcher.ConnectData>
  override connect(...args: Parameters<Dispatcher['connect']>): void
  override async connect(options: Dispatcher.ConnectOptions): Promise<Dispatcher.ConnectData> {
    const tunnel = await super.connect(options).catch((cause: unknown) => {
      throw new ProxyError(undefined, cause)
    })
    if (tunnel.statusCode === 200) return tunnel
    tunnel.socket.on('error', () => {}).destroy()
    throw new ProxyError(tunnel.statusCode)
  }
}

/** Between the steps of a body that was compressed more than once. */
const mostBytes = 16 * 1024 * 1024

/** Makes a sender with connections of its own. */
export function createSender(options: ConnectionOptions): Sender {
  const connections = openConnections(options)
  const proxy = readProxy()
  const dispatcher = connections.compose(
    interceptors.decompress({ maxSize: mostBytes, skipErrorResponses: false }),
  )
  return {
    send: request =>
      new Promise((resolve, reject) => {
        const { signal, method = 'GET', headers = {}, body = null } = request
        if (signal?.aborted) return reject(signal.reason)
        const { origin, pathname, search } = new URL(request.url)
        const path = `${pathname}${search}`
        dispatcher.dispatch(
          { origin, path, method, headers, body },
          new Receiver(request, resolve, reject, proxy !== undefined && isProxied(request.url, proxy)),
        )
      }),
    close: () => connections.destroy(),
  }
}

/** Reads one response, and ends its request when that takes too long, brings too much or is wanted no more. */
class Receiver implements Dispatcher.DispatchHandler {
  readonly #request: OutboundRequest
  readonly #isProxied: boolean
  readonly #resolve: (response: OutboundResponse) => void
  readonly #reject: (error: unknown) => void
  readonly #timer: NodeJS.Timeout | undefined
  readonly #decoder: TextDecoder | undefined
  readonly #chunks: Uint8Array[] = []
  readonly #onAbort = () => this.#end(this.#request.signal?.reason)
  #controller: Dispatcher.DispatchController | undefined
  #hasEnded = false
  #reason: unknown
  #status: number | undefined
  #headers: OutboundResponse['headers'] = {}
  #bytes = 0

  constructor(
    request: OutboundRequest,
    resolve: (response: OutboundResponse) => void,
    reject: (error: unknown) => void,
    isProxied: boolean,
  ) {
    this.#isProxied = isProxied
    const { timeoutMs, signal, onText } = request
    this.#request = request
    this.#resolve = resolve
    this.#reject = reject
    signal?.addEventListener('abort', this.#onAbort, { once: true })
    if (onText) this.#decoder = new TextDecoder()
    if (timeoutMs !== undefined) {
      this.#timer = setTimeout(() => this.#end(new SendError('timeout', 'No response in time.')), timeoutMs)
    }
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#hasEnded) controller.abort(abortError(this.#reason))
  }

  onResponseStart(
    _controller: unknown,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    this.#status = status
    this.#headers = headers
    // Nobody who is called here responds with a page, unless something on the way does it for them.
    if (
      this.#isProxied &&
      status < 500 &&
      status !== 404 &&
      /^text\/html/i.test(String(headers['content-type']))
    )
      this.#fail(new ProxyError(status))
  }

  onResponseData(_controller: unknown, chunk: Uint8Array): void {
    const { maxBytes, onText } = this.#request
    this.#bytes += chunk.byteLength
    if (this.#bytes > maxBytes) {
      const message = `The response is larger than ${maxBytes} bytes.`
      this.#fail(new errors.ResponseExceededMaxSizeError(message))
      return
    }
    this.#chunks.push(chunk)
    onText?.(this.#decoder?.decode(chunk, { stream: true }) ?? '')
  }

  onResponseEnd(): void {
    this.#settle()
    const [first = new Uint8Array()] = this.#chunks
    const bytes = this.#chunks.length > 1 ? Buffer.concat(this.#chunks) : first
    this.#resolve({ status: this.#status ?? 0, headers: this.#headers, text: utf8.decode(bytes) })
  }

  onResponseError(_controller: unknown, error: Error): void {
    this.#fail(error)
  }

  #fail(error: Error): void {
    if (this.#hasEnded) return
    const code = codeOf(error) ?? ''
    const kind = kinds.find(([pattern]) => pattern.test(code))?.[1] ?? 'other'
    const status = this.#status === undefined ? {} : { status: this.#status }
    this.#end(new SendError(kind, error.message, { cause: error, ...status }))
  }

  #end(reason: unknown): void {
    if (this.#hasEnded) return
    this.#settle()
    this.#reason = reason
    this.#reject(reason)
    this.#controller?.abort(abortError(reason))
  }

  #settle(): void {
    this.#hasEnded = true
    clearTimeout(this.#timer)
    this.#request.signal?.removeEventListener('abort', this.#onAbort)
  }
}

const utf8 = new TextDecoder()

/** Undici wants an error; a signal's reason may be anything. */
function abortError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason))
}

// biome-ignore format: table
const kinds: readonly (readonly [code: RegExp, kind: SendErrorKind])[] = [
  [/^PROXY_ERROR$/, 'proxy'],
  [/^ECONNREFUSED$/, 'refused'],
  [/^(EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT)$|CERT|_TLS_|UNABLE_TO_/, 'unreachable'],
  [/^(ECONNRESET|EPIPE|UND_ERR_SOCKET)$/, 'broken'],
  [/^UND_ERR_RES_EXCEEDED_MAX_SIZE$/, 'too-large'],
]

function codeOf(error: unknown): string | undefined {
  const { code } = (error ?? {}) as { code?: unknown }
  return typeof code === 'string' ? code : undefined
}
