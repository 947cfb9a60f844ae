import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { TurnEvent } from '@entra-agents/trace'
import Fastify from 'fastify'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { type Timing, timing as usualTiming } from '../timing.ts'
import { sendEventStream } from './event-stream.ts'

type Source = AsyncIterable<readonly TurnEvent[]>

const deltaEvents = (...texts: string[]): TurnEvent[] =>
  texts.map(text => ({ event: 'delta', data: { text } }))
const bigEvents = deltaEvents('x'.repeat(64 * 1024))

/** Serves one stream and opens it; nothing is read before the test reads it. */
async function openStream(turn: Source, changes: Partial<Timing> = {}) {
  const app = Fastify()
  const sent = Promise.withResolvers<void>()
  app.get('/', async (_request, reply) => {
    reply.header('x-of-the-app', 'kept')
    const streamed = sendEventStream(reply, turn, { ...usualTiming, ...changes })
    streamed.then(() => sent.resolve(), sent.reject)
    return streamed
  })
  await app.listen({ port: 0 })
  const request = get({ port: (app.server.address() as AddressInfo).port })
  onTestFinished(async () => {
    request.destroy()
    await app.close()
  })
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  return { response, sent: sent.promise }
}

/** Big events, and then one more after `gate`; `ended` is called when nobody wants more of them. */
async function* bigSource(events: number, gate: Promise<void>, ended = () => {}): Source {
  try {
    for (let sent = 0; sent < events; sent += 1) yield bigEvents
    await gate
    yield deltaEvents('x')
  } finally {
    ended()
  }
}

describe('An event stream', () => {
  it('sends its own headers and the app’s headers at once, and asks proxies not to buffer the stream', async () => {
    const gate = Promise.withResolvers<void>()
    const { response } = await openStream(bigSource(0, gate.promise))
    expect(response.statusCode).toBe(200)
    expect(response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      'x-of-the-app': 'kept',
    })
    gate.resolve()
  })

  it('numbers its events and keeps line breaks within an event', async () => {
    async function* threeEvents(): Source {
      yield deltaEvents('one\ntwo\r\n\r\nthree', 'four')
      yield deltaEvents()
      yield deltaEvents('five')
    }
    const { response } = await openStream(threeEvents())
    expect(await text(response)).toBe(
      'id: 1\nevent: delta\ndata: {"text":"one\\ntwo\\r\\n\\r\\nthree"}\n\n' +
        'id: 2\nevent: delta\ndata: {"text":"four"}\n\n' +
        'id: 3\nevent: delta\ndata: {"text":"five"}\n\n',
    )
  })

  it('sends comments while nothing happens, and no comment after the last event', async () => {
    const gate = Promise.withResolvers<void>()
    const { response } = await openStream(bigSource(0, gate.promise), { heartbeatMs: 5 })
    let received = ''
    for await (const part of response.setEncoding('utf8')) {
      received += part
      if ((received.match(/^: .+\n\n/gm)?.length ?? 0) >= 2) gate.resolve()
    }
    expect(received).toMatch(/^: .+\n\n: .+\n\n.*data: \{"text":"x"\}\n\n$/s)
  })

  it('takes no more from its source than the reader reads', async () => {
    let taken = 0
    async function* endlessSource(): Source {
      for (;;) {
        taken += 1
        yield bigEvents
      }
    }
    const { response } = await openStream(endlessSource())
    let before = -1
    const rests = () => {
      const isSame = taken === before
      before = taken
      return isSame
    }
    // Socket buffers fill up first; then nothing more is taken from the source.
    await expect.poll(rests).toBe(true)
    response.resume()
    await expect.poll(() => taken).toBeGreaterThan(before + 100)
  })

  it.each([
    ['waits for the reader', Number.POSITIVE_INFINITY],
    ['waits for the source', 1],
  ])('ends its source when the reader goes away while the stream %s', async (_what, events) => {
    const ended = vi.fn()
    const gate = Promise.withResolvers<void>()
    const { response, sent } = await openStream(bigSource(events, gate.promise, ended))
    await once(response, 'readable')
    response.destroy()
    // The source ends its wait, as a turn does when its connection closes.
    gate.resolve()
    await sent
    expect(ended).toHaveBeenCalledOnce()
  })

  it('gives up a reader that stays connected and reads nothing', async () => {
    const ended = vi.fn()
    const endless = bigSource(Number.POSITIVE_INFINITY, Promise.resolve(), ended)
    await (await openStream(endless, { stalledAfterMs: 50 })).sent
    expect(ended).toHaveBeenCalledOnce()
  })
})
