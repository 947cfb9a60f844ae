import type { FastifyInstance } from 'fastify'

/**
 * Lets a closing app end with its last running request: the connection of that request would otherwise be kept for a
 * next one, for as long as connections may be idle.
 */
export function endWithLastRequest(app: FastifyInstance): void {
  let closing = false
  app.addHook('preClose', async () => {
    closing = true
  })
  app.addHook('onResponse', async () => {
    if (closing) setImmediate(() => app.server.closeIdleConnections())
  })
}
