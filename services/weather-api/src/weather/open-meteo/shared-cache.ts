import { LRUCache } from 'lru-cache'

/** Fetches a value; the signal aborts when nobody waits for it any more. */
type Fetch<Value> = (signal: AbortSignal) => Promise<Value>

/** A cache in which equal concurrent requests share one fetch, which is aborted when all of them have been. */
export class SharedCache<Value extends object> {
  readonly #cache: LRUCache<string, Value, Fetch<Value>>
  readonly #waiting = new Map<string, number>()

  constructor(limits: { readonly max: number; readonly ttl: number }) {
    this.#cache = new LRUCache<string, Value, Fetch<Value>>({
      ...limits,
      fetchMethod: (_key, _stale, { context: fetch, signal }) => fetch(signal),
    })
  }

  /** The cached value, or the fetched one. Rejects with the signal's reason when it aborts while waiting. */
  async get(key: string, fetch: Fetch<Value>, signal: AbortSignal | undefined): Promise<Value> {
    signal?.throwIfAborted()
    const gone = Promise.withResolvers<never>()
    const leave = () => gone.reject(signal?.reason)
    signal?.addEventListener('abort', leave)
    this.#waiting.set(key, (this.#waiting.get(key) ?? 0) + 1)
    try {
      return await Promise.race([this.#cache.forceFetch(key, { context: fetch }), gone.promise])
    } finally {
      signal?.removeEventListener('abort', leave)
      const others = (this.#waiting.get(key) ?? 1) - 1
      if (others > 0) this.#waiting.set(key, others)
      else this.#waiting.delete(key)
      // Deleting the key aborts its fetch.
      if (others === 0 && signal?.aborted) this.#cache.delete(key)
    }
  }
}
