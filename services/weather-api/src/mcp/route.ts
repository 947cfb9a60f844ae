import type { FastifyInstance } from 'fastify'
import type { WeatherProvider } from '../weather/provider.ts'

const largestBodyBytes = 64 * 1024

/**
 * `/mcp`: the weather as tools of the Model Context Protocol, without sessions. Its plugin must have put what the token
 * permits into `request.access`. https://modelcontextprotocol.io/specification/2026-07-28/basic/transports
 */
export function mcpRoute(app: FastifyInstance, weather: WeatherProvider): void {
  app.route({
    // GET and DELETE are for the sessions of older revisions, and are told that there are none.
    method: ['GET', 'POST', 'DELETE'],
    url: '/mcp',
    exposeHeadRoute: false,
    bodyLimit: largestBodyBytes,
    schema: { hide: true },
    async handler(request, reply) {
      // Not before somebody calls: it would make every start a good deal slower.
      const { answerMcp } = await import('./server.ts')
      const gone = new AbortController()
      reply.raw.once('close', () => gone.abort())
      return await answerMcp(request, weather, gone.signal)
    },
  })
}
