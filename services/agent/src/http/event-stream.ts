import type { ServerResponse } from 'node:http'
import type { TurnEvent } from '@entra-bedrock-agent/identity-trace'
import type { FastifyReply } from 'fastify'

export interface EventStreamTiming {
  /** Proxies close connections that stay silent; a comment in this interval keeps them open. Default: 10 s. */
  readonly heartbeatMs?: number
  /** A reader that takes nothing for so long is gone, whatever its socket says. Default: 60 s. */
  readonly stalledAfterMs?: number
}

/**
 * Sends the events of a turn as server-sent events, at the pace at which they are read, and ends the response.
 * When the client goes away the iteration ends. https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export async function sendEventStream(
  reply: FastifyReply,
  turn: AsyncIterable<readonly TurnEvent[]>,
  { heartbeatMs = 10_000, stalledAfterMs = 60_000 }: EventStreamTiming = {},
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
      const text = events.map(event => encode(++id, event)).join('')
      if (!response.write(text)) await drained(response, stalledAfterMs)
    }
  } finally {
    clearInterval(heartbeat)
    response.end()
  }
  return reply
}

function encode(id: number, { event, data }: TurnEvent): string {
  return `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`
}

/** Resolves when the reader has caught up, or is gone. */
async function drained(response: ServerResponse, stalledAfterMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const stalled = setTimeout(() => response.destroy(), stalledAfterMs)
  response.once('drain', resolve)
  response.once('close', resolve)
  await promise
  clearTimeout(stalled)
  response.off('drain', resolve)
  response.off('close', resolve)
}
