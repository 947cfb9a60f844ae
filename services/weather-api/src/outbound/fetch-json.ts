import { type Dispatcher, fetch } from 'undici'

/** Why a JSON document could not be fetched from another server. */
export class FetchJsonError extends Error {
  override readonly name = 'FetchJsonError'
  /** HTTP status of the response, when there was one. */
  readonly status: number | undefined

  constructor(message: string, options: { status?: number | undefined; cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.status = options.status
  }
}

/** Gets a JSON document, unless the signal aborts. Rejects with a {@link FetchJsonError} for everything but a 2xx response with JSON. */
export type FetchJson = (url: URL, timeoutMs: number, signal: AbortSignal) => Promise<unknown>

/** The time-out covers everything from look-up to the last byte. */
export function createJsonFetcher(dispatcher: Dispatcher): FetchJson {
  return async (url, timeoutMs, signal) => {
    let status: number | undefined
    try {
      const response = await fetch(url, {
        dispatcher,
        headers: { accept: 'application/json' },
        redirect: 'error',
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      })
      status = response.status
      if (response.ok) return await response.json()
      await response.body?.cancel()
    } catch (error) {
      throw new FetchJsonError(describeFailure(url, timeoutMs, error), { status, cause: error })
    }
    throw new FetchJsonError(`${url.origin} responded with ${status}.`, { status })
  }
}

function describeFailure(url: URL, timeoutMs: number, error: unknown): string {
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    return `${url.origin} did not respond within ${timeoutMs} ms.`
  }
  if (error instanceof SyntaxError) return `${url.origin} did not respond with JSON.`
  const cause = error instanceof Error ? error.cause : undefined
  const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : ''
  return `${url.origin} could not be read${code}.`
}
