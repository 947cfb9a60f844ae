import type { FastifyInstance } from 'fastify'
import type { Turns } from './turns.ts'

/** The part of the stop time-out that is reserved for ending turns and telling their users. */
const reservedForEndingMs = 1_000
/** How long a connection may stay idle while the last turns finish. */
const maxIdleMs = 100

/**
 * Lets running turns finish when the app closes, and ends the unfinished ones shortly before the stop time-out.
 * Connections whose answer is complete are closed, so that a client's keep-alive does not hold the process.
 */
export function stopTurnsInTime(
  app: FastifyInstance,
  turns: Pick<Turns, 'stop'>,
  stopTimeoutMs: number,
): void {
  let ending: NodeJS.Timeout | undefined
  app.addHook('preClose', async () => {
    ending = setTimeout(() => turns.stop(), Math.max(stopTimeoutMs - reservedForEndingMs, 0))
    // This time-out starts when Node has sent the whole answer; closeIdleConnections() would also cut off slow readers.
    app.server.keepAliveTimeout = maxIdleMs
    app.server.keepAliveTimeoutBuffer = 0
  })
  app.addHook('onClose', async () => clearTimeout(ending))
}
