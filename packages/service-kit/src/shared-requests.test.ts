import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { SharedRequests } from './shared-requests.ts'

const never = () => new AbortController().signal

/** Callers of one `SharedRequests`, and the requests that were started for them. */
function shareRequests(joinableForMs?: number) {
  const requests = new SharedRequests<string>(joinableForMs)
  const started: { resolve(value: string): void; reject(error: unknown): void; signal: AbortSignal }[] = []
  const join = (key = 'a', signal = never()) =>
    requests.join(key, signal, signal => {
      const { promise, ...settle } = Promise.withResolvers<string>()
      started.push({ ...settle, signal })
      return promise
    })
  /** A caller that joins the request and goes away at once. */
  const joinAndLeave = async () => {
    const leaver = new AbortController()
    const joined = join('a', leaver.signal)
    leaver.abort(new Error('gone'))
    await expect(joined).rejects.toThrow('gone')
  }
  return { started, join, joinAndLeave }
}

describe('SharedRequests', () => {
  it('joins equal requests while they run, and starts a new one once they have ended', async () => {
    const { started, join } = shareRequests()
    const both = Promise.all([join(), join()])
    started[0]?.resolve('one')
    expect(await both).toEqual(['one', 'one'])
    const third = join()
    started[1]?.resolve('two')
    expect(await third).toBe('two')
    expect(started).toHaveLength(2)
  })

  it('starts a new request rather than joining one that already takes long', async () => {
    const { started, join } = shareRequests(0)
    const hanging = join()
    const later = join()
    started[1]?.resolve('at once')
    expect(await later).toBe('at once')
    started[0]?.reject(new Error('too late'))
    await expect(hanging).rejects.toThrow('too late')
  })

  it('keeps different keys apart', async () => {
    const { started, join } = shareRequests()
    const both = Promise.all([join('a'), join('b')])
    started[1]?.resolve('for b')
    started[0]?.resolve('for a')
    expect(await both).toEqual(['for a', 'for b'])
  })

  it('lets one caller go without disturbing the others', async () => {
    const { started, join, joinAndLeave } = shareRequests()
    const stayed = join()
    await joinAndLeave()
    expect(started[0]?.signal.aborted).toBe(false)
    started[0]?.resolve('still here')
    expect(await stayed).toBe('still here')
    expect(started).toHaveLength(1)
  })

  it.each(['resolve', 'reject'] as const)(
    'aborts the request when the last caller has gone, and gives the next callers a new one, even if the old one ends later (%s)',
    async end => {
      const { started, join, joinAndLeave } = shareRequests()
      await joinAndLeave()
      expect(started[0]?.signal.aborted).toBe(true)
      const next = join()
      started[0]?.[end]('late')
      await Promise.resolve()
      const joined = join()
      started[1]?.resolve('fresh')
      expect(await Promise.all([next, joined])).toEqual(['fresh', 'fresh'])
      expect(started).toHaveLength(2)
    },
  )

  it('reports a failure to every caller, and tries again for the next caller', async () => {
    const { started, join } = shareRequests()
    const both = [join(), join()]
    started[0]?.reject(new Error('refused'))
    for (const one of both) await expect(one).rejects.toThrow('refused')
    const next = join()
    started[1]?.resolve('granted')
    expect(await next).toBe('granted')
  })

  it('stops listening to a caller’s signal when the caller has its result', async () => {
    const { started, join } = shareRequests()
    const signal = never()
    const joined = join('a', signal)
    expect(getEventListeners(signal, 'abort')).toHaveLength(1)
    started[0]?.resolve('served')
    await joined
    await Promise.resolve()
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })

  it('starts nothing for a caller that has gone already', async () => {
    const { started, join } = shareRequests()
    await expect(join('a', AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone')
    expect(started).toHaveLength(0)
  })
})
