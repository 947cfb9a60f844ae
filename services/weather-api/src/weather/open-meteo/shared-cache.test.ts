import { expect, it, vi } from 'vitest'
import { SharedCache } from './shared-cache.ts'

const limits = { max: 10, ttl: 60_000 }

function slowSource() {
  const { promise, resolve } = Promise.withResolvers<{ weather: string }>()
  const signals: AbortSignal[] = []
  const fetch = vi.fn((signal: AbortSignal) => {
    signals.push(signal)
    return promise
  })
  return { fetch, signals, respond: () => resolve({ weather: 'fine' }) }
}

it('The cache joins equal requests in flight, and keeps the value', async () => {
  const cache = new SharedCache<{ weather: string }>(limits)
  const { fetch, respond } = slowSource()
  const both = Promise.all([cache.get('Oslo', fetch, undefined), cache.get('Oslo', fetch, undefined)])
  respond()
  expect(await both).toEqual([{ weather: 'fine' }, { weather: 'fine' }])
  expect(await cache.get('Oslo', fetch, undefined)).toEqual({ weather: 'fine' })
  expect(fetch).toHaveBeenCalledTimes(1)
})

it('The cache aborts a fetch when its last caller gives up, and fetches again for the next caller', async () => {
  const cache = new SharedCache<{ weather: string }>(limits)
  const { fetch, signals, respond } = slowSource()
  const users = [new AbortController(), new AbortController()]
  const waiting = users.map(user => cache.get('Oslo', fetch, user.signal))
  for (const user of users) user.abort(new Error('gone'))
  for (const call of waiting) await expect(call).rejects.toThrow('gone')
  expect(signals.map(signal => signal.aborted)).toEqual([true])
  const next = cache.get('Oslo', fetch, undefined)
  respond()
  expect(await next).toEqual({ weather: 'fine' })
  expect(fetch).toHaveBeenCalledTimes(2)
})
