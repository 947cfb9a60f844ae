import { Agent, fetch } from 'undici'

/** Why a JSON document could not be had from another server. */
export class FetchJsonError extends Error {
  override readonly name = 'FetchJsonError'
  /** HTTP status of the answer, when there was one. */
  readonly status: number | undefined

  constructor(message: string, options: { status?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.status = options.status
  }
}

/** Gets a JSON document. Rejects with a {@link FetchJsonError} for everything but a 2xx answer with JSON. */
export type FetchJson = (url: URL, timeoutMs: number) => Promise<unknown>

export interface JsonFetcher {
  readonly fetchJson: FetchJson
  close(): Promise<void>
}

const largestAnswerBytes = 512 * 1024

/** A client with bounded connections and answers. The time-out covers everything from look-up to the last byte. */
export function createJsonFetcher(): JsonFetcher {
  const dispatcher = new Agent({ connections: 16, maxResponseSize: largestAnswerBytes })

  async function fetchJson(url: URL, timeoutMs: number): Promise<unknown> {
    let status: number | undefined
    try {
      const response = await fetch(url, {
        dispatcher,
        headers: { accept: 'application/json' },
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
      })
      status = response.status
      if (!response.ok) {
        await response.body?.cancel()
        throw new FetchJsonError(`${url.origin} answered ${status}.`, { status })
      }
      return await response.json()
    } catch (error) {
      if (error instanceof FetchJsonError) throw error
      throw new FetchJsonError(describeFailure(url, timeoutMs, error), {
        ...(status === undefined ? {} : { status }),
        cause: error,
      })
    }
  }

  return { fetchJson, close: () => dispatcher.destroy() }
}

function describeFailure(url: URL, timeoutMs: number, error: unknown): string {
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    return `${url.origin} did not answer within ${timeoutMs} ms.`
  }
  if (error instanceof SyntaxError) return `${url.origin} did not answer with JSON.`
  const cause = error instanceof Error ? error.cause : undefined
  const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : ''
  return `${url.origin} could not be read${code}.`
}
