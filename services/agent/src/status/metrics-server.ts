import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
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
  let listening: Promise<void> | undefined
  app.addHook('onListen', async () => {
    metrics.watchProcess()
    listening = listen(server, { host, port }, app.log)
    await listening
  })
  app.addHook('onClose', async () => {
    await listening
    await server.close()
  })
  return server
}

async function listen(
  server: FastifyInstance,
  address: { readonly host: string; readonly port: number },
  log: FastifyBaseLogger,
): Promise<void> {
  try {
    await server.listen(address)
  } catch (error) {
    const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE'
    const reason = isTaken ? `Port ${address.port} is taken` : 'The port for metrics cannot be opened'
    log.error({ err: error }, `${reason}, so there are no metrics. Set METRICS_PORT to a free port.`)
  }
}
