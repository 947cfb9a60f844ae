import type { FastifyInstance } from 'fastify'
import type { Turns } from './turns.ts'

/** What is left of the stop time-out for telling users that their turn was ended. */
const farewellMs = 1_000
/** How often connections that have become idle are closed while the last turns finish. */
const closeIdleEveryMs = 100

/**
 * Lets running turns finish when the app closes, and ends shortly before the stop time-out what has not finished.
 * Connections whose answer is complete are closed, so that a client's keep-alive does not hold the process.
 */
export function stopTurnsInTime(app: FastifyInstance, turns: Turns, stopTimeoutMs: number): void {
  let ending: NodeJS.Timeout | undefined
  let closingIdle: NodeJS.Timeout | undefined
  app.addHook('preClose', async () => {
    ending = setTimeout(() => turns.stop(), Math.max(stopTimeoutMs - farewellMs, 0))
    closingIdle = setInterval(() => app.server.closeIdleConnections(), closeIdleEveryMs)
  })
  app.addHook('onClose', async () => {
    clearTimeout(ending)
    clearInterval(closingIdle)
  })
}
