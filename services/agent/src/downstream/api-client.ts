import { setTimeout as sleep } from 'node:timers/promises'
import { Agent, request } from 'undici'
import { LinkedAbort } from '../identity/linked-abort.ts'

/** A response of an API as far as the agent reads it. */
export interface ApiResponse {
  readonly status: number
  /** `WWW-Authenticate` */
  readonly challenge: string | undefined
  /** The parsed JSON, or `undefined` when it is none. */
  readonly body: unknown
}

export interface ApiClientOptions {
  /** How long one call may take. Default: 10 s. */
  readonly timeoutMs?: number | undefined
}

export interface ApiClient {
  /** One GET, without following redirects. Throws undici's error, a TimeoutError or the signal's reason. */
  get(url: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<ApiResponse>
  /** Ends what is still under way. */
  close(): Promise<void>
}

const connectTimeoutMs = 2_000
const maxBodyBytes = 256 * 1024
const maxConnections = 128

/** Talks HTTP to APIs, over kept-alive connections. */
export function createApiClient({ timeoutMs = 10_000 }: ApiClientOptions): ApiClient {
  const dispatcher = new Agent({
    connections: maxConnections,
    connect: { timeout: connectTimeoutMs },
    maxResponseSize: maxBodyBytes,
  })
  return {
    async get(url, headers, signal) {
      using limit = new LinkedAbort(signal)
      limit.after(timeoutMs, () => limit.abort(new DOMException('No response in time.', 'TimeoutError')))
      const response = await request(url, {
        dispatcher,
        headers: { accept: 'application/json', ...headers },
        signal: limit.signal,
      })
      const challenge = response.headers['www-authenticate']
      return {
        status: response.statusCode,
        challenge: Array.isArray(challenge) ? challenge.join(', ') : challenge,
        body: parse(await response.body.text()),
      }
    },
    close: () => dispatcher.destroy(),
  }
}

const brokenConnections = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'])
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
  return typeof code === 'string' && brokenConnections.has(code)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
