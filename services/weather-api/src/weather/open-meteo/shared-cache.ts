import { SharedRequests } from '@entra-agents/service-kit'
import { LRUCache } from 'lru-cache'

/** A cache in which equal concurrent requests share one fetch, which is aborted when all requests are aborted. */
export class SharedCache<Value extends object> {
  readonly #cache: LRUCache<string, Value>
  readonly #requests = new SharedRequests<Value>(Number.POSITIVE_INFINITY)

  /** @param limits how many values are kept, and for how many milliseconds each of them is kept */
  constructor(limits: { readonly max: number; readonly ttl: number }) {
    this.#cache = new LRUCache(limits)
  }

  /**
   * The cached value, or the fetched one. If `signal` aborts before the value is there, rejects with the abort's reason.
   *
   * @param fetch gets a signal of its own, which aborts when nobody waits for the value any more
   */
  async get(
    key: string,
    fetch: (signal: AbortSignal) => Promise<Value>,
    signal: AbortSignal | undefined,
  ): Promise<Value> {
    signal?.throwIfAborted()
    const cached = this.#cache.get(key)
    if (cached) return cached
    return await this.#requests.join(key, signal, async until => {
      const value = await fetch(until)
      this.#cache.set(key, value)
      return value
    })
  }
}
