import { type Dispatcher, errors } from 'undici'
import { isProxyPage, ProxyError } from './proxy.ts'
import { SendError, sendErrorOf } from './send-error.ts'

export interface OutboundRequest {
  readonly url: string
  /** Default: GET. */
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | undefined
  /** How many bytes the response's body may have, both as it is sent and when it is decompressed. */
  readonly maxBytes: number
  /** Time limit from the look-up of the name to the last byte. Without a limit only the signal ends the request. */
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** Gets the body of the response while it comes: what one turn of the event loop brought at once, since a piece may be one byte. */
  readonly onText?: ((text: string) => void) | undefined
}

/** A response, whatever its status; redirects are not followed. */
export interface OutboundResponse {
  readonly status: number
  /** The headers' names are in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
}

/** After so many pieces in one turn of the event loop, other connections have theirs read. */
const maxChunksAtOnce = 1_000

/** Reads one response, and ends its request if it takes too long, its response is too large, or its signal aborts. */
export class ResponseReader implements Dispatcher.DispatchHandler {
  readonly #request: OutboundRequest
  readonly #isProxied: boolean
  readonly #resolve: (response: OutboundResponse) => void
  readonly #reject: (error: unknown) => void
  readonly #timer: NodeJS.Timeout | undefined
  readonly #decoder: InstanceType<typeof TextDecoder> | undefined
  readonly #chunks: Uint8Array[] = []
  readonly #onAbort = () => this.#end(this.#request.signal?.reason)
  #controller: Dispatcher.DispatchController | undefined
  #announced: NodeJS.Immediate | undefined
  #toldChunks = 0
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
    if (this.#isProxied && isProxyPage(status, headers['content-type'])) this.#fail(new ProxyError(status))
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    const { maxBytes, onText } = this.#request
    this.#bytes += chunk.byteLength
    if (this.#bytes > maxBytes) {
      const message = `The response is larger than ${maxBytes} bytes.`
      this.#fail(new errors.ResponseExceededMaxSizeError(message))
      return
    }
    this.#chunks.push(chunk)
    if (!onText) return
    this.#announced ??= setImmediate(() => this.#tellText())
    if (this.#chunks.length - this.#toldChunks >= maxChunksAtOnce) controller.pause()
  }

  #tellText(): void {
    this.#announced = undefined
    const bytes = Buffer.concat(this.#chunks.slice(this.#toldChunks))
    this.#toldChunks = this.#chunks.length
    this.#request.onText?.(this.#decoder?.decode(bytes, { stream: true }) ?? '')
    if (this.#controller?.paused) this.#controller.resume()
  }

  onResponseEnd(): void {
    if (this.#announced) this.#tellText()
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
    this.#end(sendErrorOf(error, this.#status))
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
    clearImmediate(this.#announced)
    this.#request.signal?.removeEventListener('abort', this.#onAbort)
  }
}

const utf8 = new TextDecoder()

/** Undici wants an error; a signal's reason may be anything. */
function abortError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason))
}
