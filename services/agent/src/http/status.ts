import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { describeStatus, Status, type StatusSources } from '../status/status.ts'

/** `GET /api/status`: what is known, at once; the look that renews it goes on in the background. */
export const statusRoute: FastifyPluginAsyncTypebox<{ readonly sources: StatusSources }> = async (
  app,
  { sources },
) => {
  const schema = { summary: 'What the agent depends on, and how it fares', response: { 200: Status } }
  app.get('/api/status', { schema }, async (request, reply) => {
    void sources.tokens.refresh()
    void sources.weather.refresh()
    reply.header('cache-control', 'no-store')
    return describeStatus(sources, request.id)
  })
}
