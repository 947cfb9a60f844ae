import { loggerOptions } from '@entra-bedrock-agent/service-kit'
import Fastify, { type FastifyInstance } from 'fastify'
import { type Clock, systemClock } from './clock.ts'
import type { Config } from './config.ts'
import { isLoopback } from './http/loopback.ts'
import { sendEmpty, sendText } from './http/replies.ts'
import { addAuthorizationHeaderRoutes } from './routes/authorization-header.ts'
import { TokenAcquirer } from './tokens/token-acquirer.ts'

export interface Dependencies {
  readonly clock?: Clock
}

/** Builds the stand-in for the official sidecar; listening is the caller's business. */
export function buildApp(config: Config, { clock = systemClock }: Dependencies = {}): FastifyInstance {
  const app = Fastify({
    logger: loggerOptions(config.logLevel),
    disableRequestLogging: true,
    exposeHeadRoutes: false,
    routerOptions: { caseSensitive: false, ignoreTrailingSlash: true },
    keepAliveTimeout: 130_000,
    http: { maxHeaderSize: 64 * 1024 },
  })
  app.addHook('onRequest', async (request, reply) => {
    // Kestrel names no connection options for HTTP/1.1.
    reply.raw.removeHeader('connection')
    const health = request.routeOptions.url === '/healthz'
    if (!config.azureAd) sendEmpty(reply, 500)
    else if (!health && !config.development && !isLoopback(request.socket.remoteAddress))
      sendEmpty(reply, 403)
  })
  app.setNotFoundHandler((_request, reply) => sendEmpty(reply, 404))
  app.all('/healthz', async (_request, reply) => sendText(reply, 'Healthy'))
  if (config.azureAd) {
    const tokens = new TokenAcquirer(config.azureAd, clock)
    app.addHook('onClose', async () => tokens.close())
    addAuthorizationHeaderRoutes(app, { config, tokens })
  }
  return app
}
