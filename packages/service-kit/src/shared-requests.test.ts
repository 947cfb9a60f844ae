import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { SharedRequests } from './shared-requests.ts'

const never = () => new AbortController().signal

function recordStarts() {
  const started: { resolve(value: string): void; reject(error: unknown): void; signal: AbortSignal }[] = []
  const start = (signal: AbortSignal) => {
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    started.push({ resolve, reject, signal })
    return promise
  }
  return { started, start }
}

describe('SharedRequests', () => {
  it('joins equal requests while they run, and starts a new one once they have ended', async () => {
    const requests = new SharedRequests<string>()
    const { started, start } = recordStarts()
    const both = Promise.all([requests.join('a', never(), start), requests.join('a', never(), start)])
    started[0]?.resolve('one')
    expect(await both).toEqual(['one', 'one'])
    const third = requests.join('a', never(), start)
    started[1]?.resolve('two')
    expect(await third).toBe('two')
    expect(started).toHaveLength(2)
  })

  it('starts a new request rather than joining one that already takes long', async () => {
    const requests = new SharedRequests<string>(0)
    const { started, start } = recordStarts()
    const hanging = requests.join('a', never(), start)
    const later = requests.join('a', never(), start)
    started[1]?.resolve('at once')
    expect(await later).toBe('at once')
    started[0]?.reject(new Error('too late'))
    await expect(hanging).rejects.toThrow('too late')
    expect(started).toHaveLength(2)
  })

  it('keeps different keys apart', async () => {
    const requests = new SharedRequests<string>()
    const { started, start } = recordStarts()
    const both = Promise.all([requests.join('a', never(), start), requests.join('b', never(), start)])
    started[1]?.resolve('for b')
    started[0]?.resolve('for a')
    expect(await both).toEqual(['for a', 'for b'])
  })

  it('lets one caller go without disturbing the others', async () => {
    const requests = new SharedRequests<string>()
    const { started, start } = recordStarts()
    const leaver = new AbortController()
    const left = requests.join('a', leaver.signal, start)
    const stayed = requests.join('a', never(), start)
    leaver.abort(new Error('gone'))
    await expect(left).rejects.toThrow('gone')
    expect(started[0]?.signal.aborted).toBe(false)
    started[0]?.resolve('still here')
    expect(await stayed).toBe('still here')
  })

  it('aborts the request when the last caller has gone, and does not give its result to the next caller', async () => {
    const requests = new SharedRequests<string>()
    const { started, start } = recordStarts()
    const leaver = new AbortController()
    const left = requests.join('a', leaver.signal, start)
    leaver.abort(new Error('gone'))
    await expect(left).rejects.toThrow('gone')
    expect(started[0]?.signal.aborted).toBe(true)
    const next = requests.join('a', never(), start)
    started[0]?.reject(new Error('aborted'))
    started[1]?.resolve('fresh')
    expect(await next).toBe('fresh')
  })

  it('reports a failure to every caller, and tries again for the next caller', async () => {
    const requests = new SharedRequests<string>()
    const { started, start } = recordStarts()
    const both = [requests.join('a', never(), start), requests.join('a', never(), start)]
    started[0]?.reject(new Error('refused'))
    for (const one of both) await expect(one).rejects.toThrow('refused')
    const next = requests.join('a', never(), start)
    started[1]?.resolve('granted')
    expect(await next).toBe('granted')
  })

  it('lets callers join a new request even if an aborted request ends after the new one has begun', async () => {
    const requests = new SharedRequests<string>()
    const { started, start } = recordStarts()
    const leaver = new AbortController()
    const left = requests.join('a', leaver.signal, start)
    leaver.abort(new Error('gone'))
    await expect(left).rejects.toThrow('gone')
    const next = requests.join('a', never(), start)
    started[0]?.resolve('late')
    await Promise.resolve()
    const joined = requests.join('a', never(), start)
    started[1]?.resolve('next')
    expect(await Promise.all([next, joined])).toEqual(['next', 'next'])
    expect(started).toHaveLength(2)
  })

  it('stops listening to a caller’s signal when the caller has its result', async () => {
    const { started, start } = recordStarts()
    const signal = never()
    const joined = new SharedRequests<string>().join('a', signal, start)
    expect(getEventListeners(signal, 'abort')).toHaveLength(1)
    started[0]?.resolve('served')
    await joined
    await Promise.resolve()
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })

  it('starts nothing for a caller that has gone already', async () => {
    const { started, start } = recordStarts()
    const gone = AbortSignal.abort(new Error('gone'))
    await expect(new SharedRequests<string>().join('a', gone, start)).rejects.toThrow('gone')
    expect(started).toHaveLength(0)
  })
})
