import { setTimeout as sleep } from 'node:timers/promises'
import type { Attributes } from '@opentelemetry/api'
import { Agent, request } from 'undici'
import { LinkedAbort } from '../identity/linked-abort.ts'

/** A response of an API as far as the agent reads it. */
export interface ApiResponse {
  readonly status: number
  /** `WWW-Authenticate` */
  readonly challenge: string | undefined
  /** The parsed JSON, or `undefined` when it is none. */
  readonly body: unknown
  /** Of its span, where there is more to say of it. */
  readonly attributes?: Attributes
}

/** A request of a protocol of its own. */
export interface WireRequest {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | undefined
  /** What the body of the response may measure. */
  readonly maxBytes: number
  /** Gets the body of the response piece by piece while it comes. */
  readonly onText?: ((text: string) => void) | undefined
}

/** A response as it came. */
export interface WireResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
}

/** One request, without following redirects. Throws undici's error, ResponseTooLarge or the signal's reason. */
export type SendRequest = (request: WireRequest, signal: AbortSignal) => Promise<WireResponse>

export class ResponseTooLarge extends Error {
  override readonly name = 'ResponseTooLarge'
}

export interface ApiClientOptions {
  /** How long one call may take. Default: 10 s. */
  readonly timeoutMs?: number | undefined
}

export interface ApiClient {
  /**
   * One GET, or one POST of a search as JSON, without following redirects. Throws undici's error, a TimeoutError or the
   * signal's reason.
   */
  read(
    url: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
    search?: unknown,
  ): Promise<ApiResponse>
  readonly send: SendRequest
  /** Ends what is still under way. */
  close(): Promise<void>
}

const connectTimeoutMs = 2_000
const maxBodyBytes = 256 * 1024
const maxConnections = 128

/** Talks HTTP to APIs, over kept-alive connections. */
export function createApiClient({ timeoutMs = 10_000 }: ApiClientOptions): ApiClient {
  const pool = { connections: maxConnections, connect: { timeout: connectTimeoutMs } }
  const dispatcher = new Agent({ ...pool, maxResponseSize: maxBodyBytes })
  // Its limit comes with each request.
  const unlimited = new Agent(pool)
  return {
    async read(url, headers, signal, search) {
      using limit = new LinkedAbort(signal)
      limit.after(timeoutMs, () => limit.abort(new DOMException('No response in time.', 'TimeoutError')))
      const response = await request(url, {
        dispatcher,
        ...(search === undefined ? {} : { method: 'POST', body: JSON.stringify(search) }),
        headers: {
          accept: 'application/json',
          ...(search === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        signal: limit.signal,
      })
      return readResponse({
        status: response.statusCode,
        headers: response.headers,
        text: await response.body.text(),
      })
    },
    async send({ method, url, headers, body = null, maxBytes, onText }, signal) {
      const response = await request(url, { dispatcher: unlimited, method, headers, body, signal })
      const text = await readText(response.body, maxBytes, onText)
      return { status: response.statusCode, headers: response.headers, text }
    },
    async close() {
      await Promise.all([dispatcher.destroy(), unlimited.destroy()])
    },
  }
}

/** What the agent reads of a response. */
export function readResponse({ status, headers, text }: WireResponse): ApiResponse {
  const challenge = headers['www-authenticate']
  return {
    status,
    challenge: Array.isArray(challenge) ? challenge.join(', ') : challenge,
    body: parse(text),
  }
}

/** Leaving the loop early destroys the body, and with it the connection. */
async function readText(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
  onText?: (text: string) => void,
): Promise<string> {
  const chunks: Uint8Array[] = []
  const decoder = new TextDecoder()
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.byteLength
    if (bytes > maxBytes) throw new ResponseTooLarge(`The response is larger than ${maxBytes} bytes.`)
    chunks.push(chunk)
    onText?.(decoder.decode(chunk, { stream: true }))
  }
  return Buffer.concat(chunks).toString('utf8')
}

const brokenConnections = new Set<unknown>(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'])
const pauseMs = 150

/** Runs a call once more when its connection broke, as it does when a pod of the API is replaced. */
export async function oncePerBrokenConnection<Result>(
  call: () => Promise<Result>,
  signal: AbortSignal,
): Promise<Result> {
  try {
    return await call()
  } catch (error) {
    if (signal.aborted || !isBrokenConnection(error)) throw error
    await sleep(pauseMs, undefined, { signal })
    return await call()
  }
}

function isBrokenConnection(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown }
  return brokenConnections.has(code)
}

const neverConnected = new Set<unknown>(
  'ECONNREFUSED EHOSTUNREACH ENETUNREACH ENOTFOUND EAI_AGAIN ETIMEDOUT UND_ERR_CONNECT_TIMEOUT'.split(' '),
)

/** Whether a request failed before any of it was sent: nobody was reached, or nobody with the right certificate. */
export function isNeverSent(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown }
  return neverConnected.has(code) || /CERT|_TLS_|UNABLE_TO_/.test(String(code))
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
