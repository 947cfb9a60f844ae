import { type Send, SendError } from '@entra-bedrock-agent/service-kit/send'

/** A JSON document could not be fetched from another server. */
export class FetchJsonError extends Error {
  override readonly name = 'FetchJsonError'
  /** Status of the response, if there was one. */
  readonly status: number | undefined

  constructor(message: string, options: { status?: number | undefined; cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.status = options.status
  }
}

/** Gets a JSON document, unless the signal aborts. Rejects with a {@link FetchJsonError} for everything but a 2xx response with JSON. */
export type FetchJson = (url: URL, timeoutMs: number, signal: AbortSignal) => Promise<unknown>

const maxBytes = 512 * 1024

/** The time-out covers the whole request, from DNS to the last byte. */
export function createJsonFetcher(send: Send): FetchJson {
  return async (url, timeoutMs, signal) => {
    const headers = { accept: 'application/json' }
    const response = await send({ url: url.href, headers, maxBytes, timeoutMs, signal }).catch(error => {
      const status = error instanceof SendError ? error.status : undefined
      throw new FetchJsonError(describeFailure(url, timeoutMs, error), { status, cause: error })
    })
    const { status, text } = response
    if (status < 200 || status >= 300) {
      throw new FetchJsonError(`${url.origin} responded with ${status}.`, { status })
    }
    try {
      return JSON.parse(text)
    } catch (cause) {
      throw new FetchJsonError(`${url.origin} did not respond with JSON.`, { status, cause })
    }
  }
}

function describeFailure(url: URL, timeoutMs: number, error: unknown): string {
  if (!(error instanceof SendError)) return `${url.origin} could not be read.`
  if (error.kind === 'timeout') return `${url.origin} did not respond within ${timeoutMs} ms.`
  return `${url.origin} could not be read${error.code === undefined ? '' : ` (${error.code})`}.`
}
