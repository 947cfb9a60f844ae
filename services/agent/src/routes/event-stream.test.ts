import { once } from 'node:events'
import { type ClientRequest, get, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TurnEvent } from '@entra-agents/trace'
import Fastify from 'fastify'
import { describe, expect, it, vi } from 'vitest'
import { type Timing, timing as usualTiming } from '../timing.ts'
import { sendEventStream } from './event-stream.ts'

const deltaEvents = (...texts: string[]): TurnEvent[] =>
  texts.map(text => ({ event: 'delta', data: { text } }))

/** Serves one stream and opens it; nothing is read before the test reads it. */
async function openStream(turn: AsyncIterable<readonly TurnEvent[]>, changes: Partial<Timing> = {}) {
  const app = Fastify()
  const sent = Promise.withResolvers<void>()
  app.get('/', async (_request, reply) => {
    reply.header('x-of-the-app', 'kept')
    const streamed = sendEventStream(reply, turn, { ...usualTiming, ...changes })
    streamed.then(() => sent.resolve(), sent.reject)
    return streamed
  })
  await app.listen({ port: 0 })
  const request: ClientRequest = get({ port: (app.server.address() as AddressInfo).port })
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  return {
    response,
    sent: sent.promise,
    async [Symbol.asyncDispose]() {
      request.destroy()
      await app.close()
    },
  }
}

async function readAll(response: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) text += chunk
  return text
}

describe('An event stream', () => {
  it('sends its own headers and the app’s headers at once, and asks proxies not to buffer the stream', async () => {
    const never = Promise.withResolvers<void>()
    async function* silentSource() {
      await never.promise
      yield deltaEvents('x')
    }
    await using stream = await openStream(silentSource())
    expect(stream.response.statusCode).toBe(200)
    expect(stream.response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      'x-of-the-app': 'kept',
    })
    never.resolve()
  })

  it('numbers its events and keeps line breaks within an event', async () => {
    async function* threeEvents() {
      yield deltaEvents('one\ntwo\r\n\r\nthree', 'four')
      yield deltaEvents()
      yield deltaEvents('five')
    }
    await using stream = await openStream(threeEvents())
    expect(await readAll(stream.response)).toBe(
      'id: 1\nevent: delta\ndata: {"text":"one\\ntwo\\r\\n\\r\\nthree"}\n\n' +
        'id: 2\nevent: delta\ndata: {"text":"four"}\n\n' +
        'id: 3\nevent: delta\ndata: {"text":"five"}\n\n',
    )
  })

  it('sends comments while nothing happens, and no comment after the last event', async () => {
    const end = Promise.withResolvers<void>()
    async function* slowSource() {
      await end.promise
      yield deltaEvents('x')
    }
    await using stream = await openStream(slowSource(), { heartbeatMs: 5 })
    let text = ''
    stream.response.setEncoding('utf8').on('data', chunk => {
      text += chunk
    })
    await expect.poll(() => text.match(/^: .+\n\n/gm)?.length).toBeGreaterThanOrEqual(2)
    end.resolve()
    await once(stream.response, 'end')
    expect(text).toMatch(/data: \{"text":"x"\}\n\n$/)
  })

  it('takes no more from its source than the reader reads', async () => {
    let taken = 0
    async function* endlessSource() {
      const text = 'x'.repeat(64 * 1024)
      for (;;) {
        taken += 1
        yield deltaEvents(text)
      }
    }
    await using stream = await openStream(endlessSource())
    let before = -1
    // Socket buffers fill up first; then nothing more is taken from the source.
    await expect
      .poll(() => {
        const rests = taken === before
        before = taken
        return rests
      })
      .toBe(true)
    stream.response.resume()
    await expect.poll(() => taken).toBeGreaterThan(before + 100)
  })

  it.each([
    ['waits for the reader', Number.POSITIVE_INFINITY],
    ['waits for the source', 1],
  ])('ends its source when the reader goes away while the stream %s', async (_what, events) => {
    const ended = vi.fn()
    const gone = Promise.withResolvers<void>()
    async function* source() {
      try {
        for (let sent = 0; sent < events; sent += 1) yield deltaEvents('x'.repeat(64 * 1024))
        await gone.promise
        yield deltaEvents('nobody reads this')
      } finally {
        ended()
      }
    }
    await using stream = await openStream(source())
    await once(stream.response, 'readable')
    stream.response.destroy()
    // The source ends its wait, as a turn does when its connection closes.
    gone.resolve()
    await stream.sent
    expect(ended).toHaveBeenCalledOnce()
  })

  it('gives up a reader that stays connected and reads nothing', async () => {
    const ended = vi.fn()
    async function* endlessSource() {
      try {
        for (;;) yield deltaEvents('x'.repeat(64 * 1024))
      } finally {
        ended()
      }
    }
    await using stream = await openStream(endlessSource(), { stalledAfterMs: 50 })
    await stream.sent
    expect(ended).toHaveBeenCalledOnce()
  })
})
