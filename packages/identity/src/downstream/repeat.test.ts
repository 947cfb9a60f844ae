import { SendError, type SendErrorKind } from '@entra-agents/service-kit/send'
import { describe, expect, it, vi } from 'vitest'
import { repeatAfterBrokenConnection } from './repeat.ts'

const neverAborted = new AbortController().signal

describe('a call that fails', () => {
  const broken = (kind: SendErrorKind = 'broken') => new SendError(kind, `It is ${kind}.`)

  it.each(['refused', 'broken'] as const)('is made once more if its connection is %s', async kind => {
    const call = vi.fn().mockRejectedValueOnce(broken(kind)).mockResolvedValue('done')
    expect(await repeatAfterBrokenConnection(call, neverAborted)).toBe('done')
    expect(call).toHaveBeenCalledTimes(2)
  })

  it('is not made a third time', async () => {
    const call = vi.fn().mockRejectedValueOnce(broken()).mockRejectedValue(broken('refused'))
    await expect(repeatAfterBrokenConnection(call, neverAborted)).rejects.toThrow('refused')
    expect(call).toHaveBeenCalledTimes(2)
  })

  it.each([
    ['an address that cannot be reached', broken('unreachable')],
    ['a response that is too late', broken('timeout')],
    ['another error', new Error('broken')],
    ['a thrown value that is no error', undefined],
  ])('because of %s is not made again', async (_what, thrown) => {
    const call = vi.fn().mockRejectedValue(thrown)
    expect(await repeatAfterBrokenConnection(call, neverAborted).catch(error => ({ error }))).toEqual({
      error: thrown,
    })
    expect(call).toHaveBeenCalledTimes(1)
  })

  it('is not made again if its caller goes away during the call, or during the delay before the repetition', async () => {
    const caller = new AbortController()
    const gone = vi.fn().mockImplementation(async () => {
      caller.abort(new Error('went away'))
      throw broken()
    })
    await expect(repeatAfterBrokenConnection(gone, caller.signal)).rejects.toThrow('broken')
    expect(gone).toHaveBeenCalledTimes(1)
    const leaving = new AbortController()
    const call = vi.fn().mockImplementation(async () => {
      setImmediate(() => leaving.abort())
      throw broken()
    })
    await expect(repeatAfterBrokenConnection(call, leaving.signal)).rejects.toMatchObject({
      name: 'AbortError',
    })
    expect(call).toHaveBeenCalledTimes(1)
  })
})
