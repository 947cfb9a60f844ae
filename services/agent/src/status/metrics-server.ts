import type { FastifyInstance } from 'fastify'
import Fastify from 'fastify'
import type { TurnMetrics } from './metrics.ts'

export interface MetricsServerOptions {
  readonly metrics: TurnMetrics
  readonly host: string
  readonly port: number
}

/**
 * Serves `/metrics` on a port of its own while the app listens. When that port is taken the log says so in words,
 * and people still get their answers.
 */
export function serveMetrics(
  app: FastifyInstance,
  { metrics, host, port }: MetricsServerOptions,
): FastifyInstance {
  const server = Fastify({ logger: false })
  server.get('/metrics', async (_request, reply) => {
    reply.type(metrics.registry.contentType)
    return metrics.registry.metrics()
  })
  app.addHook('onListen', async () => {
    metrics.watchProcess()
    try {
      await server.listen({ host, port })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
      app.log.error(`Port ${port} is taken, so there are no metrics. Set METRICS_PORT to a free port.`)
    }
  })
  app.addHook('onClose', async () => server.close())
  return server
}
