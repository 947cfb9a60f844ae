import type { FastifyInstance } from 'fastify'
import type { ToolSources } from './server.ts'

const largestBodyBytes = 64 * 1024

/**
 * `/mcp`: weather and alerts as tools of the Model Context Protocol, without sessions. `request.access` must have been set by the
 * token check. https://modelcontextprotocol.io/specification/2026-07-28/basic/transports
 */
export function addMcpRoute(app: FastifyInstance, sources: ToolSources): void {
  app.route({
    // GET and DELETE belong to sessions of older revisions; the handler refuses them.
    method: ['GET', 'POST', 'DELETE'],
    url: '/mcp',
    exposeHeadRoute: false,
    bodyLimit: largestBodyBytes,
    schema: { hide: true },
    async handler(request, reply) {
      // Imported by the first call: an import at start-up would slow down every start.
      const { answerMcp } = await import('./server.ts')
      const gone = new AbortController()
      reply.raw.once('close', () => gone.abort())
      return await answerMcp(request, sources, gone.signal)
    },
  })
}
