import {
  createServer,
  explainPort,
  guardBrowserBoundary,
  type ListenAddress,
  listen,
} from '@entra-agents/service-kit'
import { collectDefaultMetrics, type Registry } from '@prometheus-io/client'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'

declare module 'fastify' {
  interface FastifyInstance {
    /** The server of `/metrics`; present only if the app serves metrics. */
    readonly metricsServer: FastifyInstance
  }
}

export interface MetricsServerOptions {
  readonly host: string
  readonly metricsPort: number
  readonly allowedHosts: readonly string[]
}

/**
 * Serves `/metrics` on a port of its own while the app listens. The metrics include CPU, memory, event loop and garbage
 * collection of this process. If the port cannot be opened, this is logged, and the app works without metrics.
 */
export function serveMetrics(
  app: FastifyInstance,
  { host, metricsPort: port, allowedHosts }: MetricsServerOptions,
  registry: Registry,
): void {
  const server = createServer({ logLevel: 'silent', maxConnections: 100 })
  server.register(guardBrowserBoundary, { allowedHosts, anyAddress: true })
  server.get('/metrics', async (_request, reply) => {
    reply.type(registry.contentType)
    return registry.metrics()
  })
  app.decorate('metricsServer', server)
  let listening: Promise<void> | undefined
  app.addHook('onListen', async () => {
    collectDefaultMetrics({ register: registry })
    listening = listenOrLog(server, { host, port }, app.log)
    await listening
  })
  app.addHook('onClose', async () => {
    await listening
    await server.close()
  })
}

async function listenOrLog(
  server: FastifyInstance,
  address: ListenAddress,
  log: FastifyBaseLogger,
): Promise<void> {
  try {
    await listen(server, address)
  } catch (error) {
    const fault = explainPort((error as NodeJS.ErrnoException).code, String(address.port), 'METRICS_PORT')
    log.error({ err: error }, `There are no metrics. ${fault ?? 'The port for metrics cannot be opened.'}`)
  }
}
