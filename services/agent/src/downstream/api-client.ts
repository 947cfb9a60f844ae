import { setTimeout as sleep } from 'node:timers/promises'
import { Agent, request } from 'undici'
import { LinkedAbort } from '../identity/linked-abort.ts'

/** An answer of the weather API as far as the agent reads it. */
export interface WeatherApiAnswer {
  readonly status: number
  /** `WWW-Authenticate` */
  readonly challenge: string | undefined
  /** The parsed JSON, or `undefined` when it is none. */
  readonly body: unknown
}

export interface WeatherApiOptions {
  readonly weatherApiUrl: string
  /** How long one call may take. Default: 10 s. */
  readonly timeoutMs?: number | undefined
}

export interface WeatherApi {
  /** One GET, without following redirects. Throws undici's error, a TimeoutError or the signal's reason. */
  get(path: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<WeatherApiAnswer>
  /** Ends what is still under way. */
  close(): Promise<void>
}

const connectTimeoutMs = 2_000
const maxBodyBytes = 256 * 1024
const maxConnections = 128

/** Talks HTTP to the weather API, over kept-alive connections. */
export function createWeatherApi({ weatherApiUrl, timeoutMs = 10_000 }: WeatherApiOptions): WeatherApi {
  const dispatcher = new Agent({
    connections: maxConnections,
    connect: { timeout: connectTimeoutMs },
    maxResponseSize: maxBodyBytes,
  })
  return {
    async get(path, headers, signal) {
      using limit = new LinkedAbort(signal)
      limit.after(timeoutMs, () => limit.abort(new DOMException('No answer in time.', 'TimeoutError')))
      const answer = await request(`${weatherApiUrl}${path}`, {
        dispatcher,
        headers: { accept: 'application/json', ...headers },
        signal: limit.signal,
      })
      const challenge = answer.headers['www-authenticate']
      return {
        status: answer.statusCode,
        challenge: Array.isArray(challenge) ? challenge.join(', ') : challenge,
        body: parse(await answer.body.text()),
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
