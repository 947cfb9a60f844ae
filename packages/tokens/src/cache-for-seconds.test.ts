import type { Dispatcher } from 'undici'
import { expect, it, vi } from 'vitest'
import { cacheForSeconds } from './cache-for-seconds.ts'

const controller = {} as Dispatcher.DispatchController

/** Sends all events of a response to a handler, through the interceptor. */
function respond(status: number, handler: Dispatcher.DispatchHandler): void {
  const dispatch: Dispatcher['dispatch'] = (_options, inner) => {
    inner.onRequestStart?.(controller, {})
    inner.onResponseStart?.(controller, status, { 'cache-control': 'no-store', 'content-encoding': 'gzip' })
    inner.onResponseData?.(controller, Buffer.from('{}'))
    inner.onResponseEnd?.(controller, {})
    inner.onResponseError?.(controller, new Error('broken'))
    return true
  }
  cacheForSeconds(10)(dispatch)({ path: '/keys', method: 'GET' }, handler)
}

it.each([
  [200, { 'cache-control': 'max-age=10' }],
  [500, {}],
])('The headers of a response of status %i are replaced by %j', (status, headers) => {
  const onResponseStart = vi.fn()
  respond(status, { onResponseStart })
  expect(onResponseStart).toHaveBeenCalledWith(controller, status, headers, undefined)
})

it('A handler need not have a method for every event', () => {
  const onResponseEnd = vi.fn()
  respond(200, { onResponseEnd })
  expect(onResponseEnd).toHaveBeenCalledTimes(1)
  expect(() => respond(200, {})).not.toThrow()
})
