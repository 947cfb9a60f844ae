interface SharedRequest<Result> {
  /** Milliseconds, as of `performance.now()`. */
  readonly startedMs: number
  readonly result: Promise<Result>
  readonly controller: AbortController
  waiting: number
}

/** How long others may join a request. One that takes longer may hang, while a new one may not. */
const joinableForMs = 2_000

/**
 * Joins equal requests that began lately, so that fifty first calls send one. A caller that goes away leaves the
 * others alone; only when nobody waits any more is the request aborted.
 */
export class SharedRequests<Result> {
  readonly #running = new Map<string, SharedRequest<Result>>()
  readonly #joinableForMs: number

  /** @param forMs how long others may join a request, as of its start */
  constructor(forMs = joinableForMs) {
    this.#joinableForMs = forMs
  }

  /**
   * Waits for the running request with this key. Starts another if there is none, or if it has run so long that it may hang:
   * all who joined it would fail with it.
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
