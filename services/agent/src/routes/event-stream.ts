import type { ServerResponse } from 'node:http'
import type { TurnEvent } from '@entra-agents/trace'
import type { FastifyReply } from 'fastify'
import { type Timing, timing } from '../timing.ts'

/**
 * Sends the events of a turn as server-sent events, at the pace at which they are read, and ends the response.
 * Stops reading `turn` when the client goes away. https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export async function sendEventStream(
  reply: FastifyReply,
  turn: AsyncIterable<readonly TurnEvent[]>,
  { heartbeatMs, stalledAfterMs }: Pick<Timing, 'heartbeatMs' | 'stalledAfterMs'> = timing,
): Promise<FastifyReply> {
  reply.hijack()
  const response = reply.raw
  reply.headers({
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  })
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) response.setHeader(name, value)
  }
  response.flushHeaders()
  const heartbeat = setInterval(() => {
    if (!response.writableNeedDrain) response.write(': still here\n\n')
  }, heartbeatMs)
  let id = 0
  try {
    for await (const events of turn) {
      if (response.closed) break
      const text = events
        .map(({ event, data }) => `id: ${++id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
        .join('')
      if (!response.write(text)) await waitUntilDrained(response, stalledAfterMs)
    }
  } finally {
    clearInterval(heartbeat)
    response.end()
  }
  return reply
}

/** Resolves when the reader has caught up, or is gone. */
async function waitUntilDrained(response: ServerResponse, stalledAfterMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const stalled = setTimeout(() => response.destroy(), stalledAfterMs)
  response.once('drain', resolve)
  response.once('close', resolve)
  await promise
  clearTimeout(stalled)
  response.off('drain', resolve)
  response.off('close', resolve)
}
