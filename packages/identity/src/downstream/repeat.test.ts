import { SendError } from '@entra-agents/service-kit/send'
import { expect, it, vi } from 'vitest'
import { repeatAfterBrokenConnection } from './repeat.ts'

const { signal: neverAborted } = new AbortController()
const sendError = (kind: SendError['kind'] = 'broken') => new SendError(kind, `It is ${kind}.`)

it.each([
  ['a refused connection', sendError('refused'), 2],
  ['a broken connection', sendError('broken'), 2],
  ['an address that cannot be reached', sendError('unreachable'), 1],
  ['a response that is too late', sendError('timeout'), 1],
  ['another error', new Error('broken'), 1],
  ['a thrown value that is no error', undefined, 1],
])('A call that always fails because of %s (%s) is made %i times', async (_what, thrown, times) => {
  const call = vi.fn().mockRejectedValue(thrown)
  const failed = repeatAfterBrokenConnection(call, neverAborted).catch(error => ({ error }))
  expect(await failed).toEqual({ error: thrown })
  expect(call).toHaveBeenCalledTimes(times)
})

it('A call is not made again if its caller goes away during the call, or during the delay before the repetition', async () => {
  const delays = [(leave: () => void) => leave(), (leave: () => void) => setImmediate(leave)]
  for (const [index, leave] of delays.entries()) {
    const caller = new AbortController()
    const call = vi.fn(async () => {
      leave(() => caller.abort())
      throw sendError()
    })
    const failed = repeatAfterBrokenConnection(call, caller.signal)
    await expect(failed).rejects.toMatchObject({ name: index === 0 ? 'SendError' : 'AbortError' })
    expect(call).toHaveBeenCalledTimes(1)
  }
})
