import { expect, it, vi } from 'vitest'
import { SharedCache } from './shared-cache.ts'

it('The cache aborts a fetch when its last caller gives up, and fetches again for the next caller', async () => {
  const cache = new SharedCache<{ weather: string }>({ max: 10, ttl: 60_000 })
  const { promise, resolve } = Promise.withResolvers<{ weather: string }>()
  const fetch = vi.fn((_signal: AbortSignal) => promise)
  const users = [new AbortController(), new AbortController()]
  const waiting = users.map(user => cache.get('Oslo', fetch, user.signal))
  for (const user of users) user.abort(new Error('gone'))
  for (const call of waiting) await expect(call).rejects.toThrow('gone')
  expect(fetch.mock.calls.map(([signal]) => signal.aborted)).toEqual([true])
  const next = cache.get('Oslo', fetch, undefined)
  resolve({ weather: 'fine' })
  expect(await next).toEqual({ weather: 'fine' })
  expect(await cache.get('Oslo', fetch, undefined)).toEqual({ weather: 'fine' })
  expect(fetch).toHaveBeenCalledTimes(2)
})
