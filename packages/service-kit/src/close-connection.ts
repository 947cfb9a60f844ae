import type { FastifyReply } from 'fastify'

/**
 * Passes events on. If one of them is a failure of this replica alone, closes the connection after the response: whoever keeps connections,
 * a gateway for instance, sends the next request by a new one, which may lead to another replica.
 */
export async function* closeConnectionAfter<Event>(
  isFailure: (event: Event) => boolean,
  reply: FastifyReply,
  batches: AsyncIterable<readonly Event[]>,
): AsyncGenerator<readonly Event[], void, undefined> {
  for await (const events of batches) {
    if (events.some(isFailure)) {
      const { raw, request } = reply
      if (raw.headersSent) raw.once('finish', () => request.raw.socket.end())
      else reply.header('connection', 'close')
    }
    yield events
  }
}
