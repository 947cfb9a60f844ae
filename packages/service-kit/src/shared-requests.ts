interface SharedRequest<Result> {
  /** Milliseconds, as of `performance.now()`. */
  readonly startedMs: number
  readonly result: Promise<Result>
  readonly controller: AbortController
  waiting: number
}

/** How long others may join a request. A request that takes longer may hang, and a new request may succeed. */
const joinableForMs = 2_000

/**
 * Joins equal requests that began lately, so that fifty callers at once send one request. A caller that goes away does not
 * disturb the others; the request is aborted only when nobody waits for it any more.
 */
export class SharedRequests<Result> {
  readonly #running = new Map<string, SharedRequest<Result>>()
  readonly #joinableForMs: number

  /** @param forMs milliseconds from the start of a request during which others may join it */
  constructor(forMs = joinableForMs) {
    this.#joinableForMs = forMs
  }

  /**
   * Waits for the running request with this key. Starts a new request if none is running, or if the running one has taken so
   * long that it may hang and all who joined it would fail.
   *
   * @throws the signal's reason when this caller goes away, or what the request threw.
   */
  join(
    key: string,
    signal: AbortSignal | undefined,
    start: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    if (signal?.aborted) return Promise.reject(signal.reason)
    const running = this.#running.get(key)
    const isJoinable = running && performance.now() - running.startedMs < this.#joinableForMs
    const shared = isJoinable ? running : this.#start(key, start)
    shared.waiting += 1
    return new Promise((resolve, reject) => {
      const leave = () => {
        reject(signal?.reason)
        shared.waiting -= 1
        if (shared.waiting > 0) return
        this.#forget(key, shared)
        shared.controller.abort(signal?.reason)
      }
      signal?.addEventListener('abort', leave, { once: true })
      shared.result.then(resolve, reject).then(() => signal?.removeEventListener('abort', leave))
    })
  }

  #start(key: string, start: (signal: AbortSignal) => Promise<Result>): SharedRequest<Result> {
    const controller = new AbortController()
    const startedMs = performance.now()
    const shared = { startedMs, result: start(controller.signal), controller, waiting: 0 }
    this.#running.set(key, shared)
    const forget = () => this.#forget(key, shared)
    shared.result.then(forget, forget)
    return shared
  }

  #forget(key: string, shared: SharedRequest<Result>): void {
    if (this.#running.get(key) === shared) this.#running.delete(key)
  }
}
