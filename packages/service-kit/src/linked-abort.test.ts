import { getEventListeners } from 'node:events'
import { expect, it, onTestFinished, vi } from 'vitest'
import { LinkedAbort } from './linked-abort.ts'

it('A linked signal takes the reason of the first of its signals that is aborted, even if that was before, and leaves no listener behind', () => {
  const parents = [new AbortController(), new AbortController()]
  const signals = parents.map(({ signal }) => signal)
  {
    using linked = new LinkedAbort(...signals)
    expect(linked.signal.aborted).toBe(false)
    parents[1]?.abort('second')
    parents[0]?.abort('first')
    expect(linked.signal.reason).toBe('second')
    using late = new LinkedAbort(...signals)
    expect(late.signal.reason).toBe('first')
  }
  for (const signal of signals) expect(getEventListeners(signal, 'abort')).toHaveLength(0)
})

it('A linked signal can be aborted without the signal that it follows', () => {
  const parent = new AbortController()
  using linked = new LinkedAbort(parent.signal)
  linked.abort('too late')
  expect(linked.signal.reason).toBe('too late')
  expect(parent.signal.aborted).toBe(false)
})

it('A linked signal leaves no timer behind', () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const action = vi.fn()
  {
    using linked = new LinkedAbort()
    linked.after(10, action)
    linked.after(15, action)
  }
  vi.advanceTimersByTime(20)
  expect(action).not.toHaveBeenCalled()
})
