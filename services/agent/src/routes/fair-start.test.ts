import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { FairStart } from './fair-start.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A pace of ten messages a second, and who has started so far. */
function startAtPace(messagesPerMinute = 600, maxWaiting = 1_000) {
  const pace = new FairStart(messagesPerMinute, maxWaiting)
  const started: string[] = []
  const send = async (address: string, client = '', signal = new AbortController().signal) => {
    if (await pace.wait(address, client, signal)) started.push(client || address)
  }
  const sendMany = (count: number, address: string, client?: string) =>
    Array.from({ length: count }, () => send(address, client))
  const after = async (ms: number) => {
    await vi.advanceTimersByTimeAsync(ms)
    return started.splice(0)
  }
  return { pace, send, sendMany, after }
}

it('A burst of one address starts at the pace of its messages per minute, and delays no other address', async () => {
  const { sendMany, after } = startAtPace()
  sendMany(400, 'busy')
  sendMany(2, 'other')
  expect((await after(0)).toSorted()).toEqual([...Array(10).fill('busy'), 'other', 'other'])
  expect(await after(1_000)).toEqual(Array(10).fill('busy'))
  expect(await after(60_000)).toHaveLength(380)
  sendMany(10, 'busy')
  expect(await after(0)).toHaveLength(10)
})

it('The clients behind one address take turns', async () => {
  const { sendMany, after } = startAtPace()
  sendMany(300, 'proxy', 'busy')
  await after(0)
  sendMany(2, 'proxy', 'ada')
  sendMany(1, 'proxy', 'ben')
  expect(await after(600)).toEqual(['busy', 'ada', 'ben', 'busy', 'ada', 'busy'])
})

it('A client is refused only when a minute’s messages of its own wait, and an address when as many wait as may', async () => {
  const { send, sendMany, after } = startAtPace(60, 61)
  sendMany(70, 'proxy', 'busy')
  await after(0)
  await expect(send('proxy', 'busy')).rejects.toMatchObject({ code: 'RATE_LIMITED' })
  const other = send('proxy', 'ada')
  await expect(send('proxy', 'ben')).rejects.toMatchObject({ code: 'AGENT_BUSY' })
  expect(await after(2_500)).toEqual(['busy', 'ada'])
  await other
})

it('A client that goes away while it waits does not start, and takes nobody’s turn', async () => {
  const { send, sendMany, after } = startAtPace()
  const gone = new AbortController()
  sendMany(10, 'proxy', 'busy')
  const waiting = send('proxy', 'gone', gone.signal)
  sendMany(1, 'proxy', 'ada')
  await after(0)
  gone.abort()
  await waiting
  expect(await after(100)).toEqual(['ada'])
})

it('All that wait start at once when the agent stops', async () => {
  const { pace, sendMany, after } = startAtPace()
  sendMany(50, 'busy')
  await after(0)
  pace.open()
  expect(await after(100)).toHaveLength(40)
  sendMany(50, 'busy')
  expect(await after(0)).toHaveLength(50)
})
