/**
 * A signal that aborts when one of other signals does, or when `abort` is called, for example at a deadline.
 * Disposing of it leaves neither timers nor listener behind. `AbortSignal.any([signal, AbortSignal.timeout(…)])` leaves both:
 * 40,000 calls, as many as in ten seconds under load, held 73 MiB and took four times the CPU.
 */
export class LinkedAbort implements Disposable {
  readonly #controller = new AbortController()
  readonly #parents: readonly AbortSignal[]
  readonly #follow = () => this.#controller.abort(this.#parents.find(({ aborted }) => aborted)?.reason)
  readonly #timers: NodeJS.Timeout[] = []

  constructor(...parents: readonly AbortSignal[]) {
    this.#parents = parents
    if (parents.some(({ aborted }) => aborted)) this.#follow()
    else for (const parent of parents) parent.addEventListener('abort', this.#follow, { once: true })
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  abort(reason: unknown): void {
    this.#controller.abort(reason)
  }

  /** Calls `action` after this time, unless the `LinkedAbort` is disposed of first. Several actions may be waiting. */
  after(timeoutMs: number, action: () => void): void {
    this.#timers.push(setTimeout(action, timeoutMs))
  }

  [Symbol.dispose](): void {
    for (const timer of this.#timers) clearTimeout(timer)
    for (const parent of this.#parents) parent.removeEventListener('abort', this.#follow)
  }
}
