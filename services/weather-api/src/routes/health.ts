import { strictObject } from '@entra-agents/trace'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'

/** Routes for probes: without authentication, and without metrics and spans of their own. */
export const probePaths = ['/livez', '/readyz'] as const

const State = strictObject({ status: Type.String() })

/**
 * `/livez` shows that the process responds, `/readyz` that it accepts requests: 503 while it is stopping, and until the
 * deny list, if configured, was read. It stays ready when keys or weather are unreachable: callers then get a
 * problem that says so, instead of a refused connection.
 */
export function addHealthRoutes(app: FastifyInstance, hasDenyList: () => boolean): void {
  let stopping = false
  app.addHook('preClose', async () => {
    stopping = true
  })

  app.get('/livez', { schema: { summary: 'Is the process alive?', response: { 200: State } } }, async () => ({
    status: 'alive',
  }))

  app.get(
    '/readyz',
    { schema: { summary: 'Does it take requests?', response: { 200: State, 503: State } } },
    async (_request, reply) => {
      const status = stopping ? 'stopping' : hasDenyList() ? 'ready' : 'waiting for the deny list'
      if (status !== 'ready') reply.code(503)
      return { status }
    },
  )
}
