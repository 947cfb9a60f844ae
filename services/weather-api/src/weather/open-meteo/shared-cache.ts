import { LRUCache } from 'lru-cache'

/** Fetches a value, unless the signal says that nobody waits for it any more. */
type Fetch<Value> = (signal: AbortSignal) => Promise<Value>

/** A cache that joins equal requests in flight, and gives one up when the last who waits for it has gone. */
export class SharedCache<Value extends object> {
  readonly #cache: LRUCache<string, Value, Fetch<Value>>
  readonly #waiting = new Map<string, number>()

  constructor(limits: { readonly max: number; readonly ttl: number }) {
    this.#cache = new LRUCache<string, Value, Fetch<Value>>({
      ...limits,
      fetchMethod: (_key, _stale, { context: fetch, signal }) => fetch(signal),
    })
  }

  /** What is kept under the key, else what is fetched. Rejects with the signal's reason when it aborts meanwhile. */
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
      // Whatever is in flight for a key ends with it.
      if (others === 0 && signal?.aborted) this.#cache.delete(key)
    }
  }
}
