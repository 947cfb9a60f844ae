import { fetch } from 'undici'
import { type ConnectionOptions, openConnections } from './connections.ts'
import { isProxied, isProxyPage, ProxyError, readProxy } from './proxy.ts'
import { sendErrorOf } from './send-error.ts'

/** A request whose response is read as a stream. */
export interface StreamedRequest {
  readonly method: string
  readonly headers: Headers
  readonly body: Uint8Array<ArrayBuffer> | undefined
  readonly signal: AbortSignal
}

/** A response whose body is read as it comes; redirects are not followed. */
export interface StreamedResponse {
  readonly status: number
  readonly statusText: string
  readonly headers: Headers
  /** Decompressed. Nothing more is received than is read. */
  readonly body: AsyncIterable<Uint8Array> | null
}

/**
 * Makes a `fetch` with connections of its own, by undici's own: Node's may be of another major version than the connections.
 * It throws a SendError, or the signal's reason, and so does reading the body.
 */
export function createFetch(options: ConnectionOptions) {
  const dispatcher = openConnections(options)
  const proxy = readProxy()

  async function send(url: string, request: StreamedRequest): Promise<StreamedResponse> {
    const { method, body, signal } = request
    const headers = [...request.headers]
    const response = await rethrown(signal, () =>
      fetch(url, { method, headers, body: body ?? null, signal, redirect: 'manual', dispatcher }),
    )
    const { status, statusText } = response
    if (proxy && isProxied(url, proxy) && isProxyPage(status, response.headers.get('content-type')))
      throw sendErrorOf(new ProxyError(status), status)
    return {
      status,
      statusText,
      headers: new Headers([...response.headers]),
      body: response.body && readChunks(response.body, signal, status),
    }
  }

  return { fetch: send, close: () => dispatcher.destroy() }
}

async function* readChunks(body: AsyncIterable<Uint8Array>, signal: AbortSignal, status: number) {
  const chunks = body[Symbol.asyncIterator]()
  try {
    for (;;) {
      const { done, value } = await rethrown(signal, () => chunks.next(), status)
      if (done) return
      yield value
    }
  } finally {
    await chunks.return?.().catch(() => {})
  }
}

async function rethrown<Result>(
  signal: AbortSignal,
  work: () => Promise<Result>,
  status?: number,
): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    signal.throwIfAborted()
    const { cause } = error as Error
    throw sendErrorOf(cause instanceof Error ? cause : (error as Error), status)
  }
}
