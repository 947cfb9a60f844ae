import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'

/** Open to everybody, and called all the time. */
export const probes = ['/livez', '/readyz'] as const

const State = Type.Object({ status: Type.String() }, { additionalProperties: false })

/**
 * `/livez`: the process responds. `/readyz`: it takes requests; 503 once it is stopping.
 * Keys or weather out of reach do not make it unready: callers then get a problem that says so, which is more than
 * a refused connection would tell them.
 */
export function healthRoutes(app: FastifyInstance): void {
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
      if (stopping) reply.code(503)
      return { status: stopping ? 'stopping' : 'ready' }
    },
  )
}
