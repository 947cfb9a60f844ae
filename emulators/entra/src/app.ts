import { loggerOptions } from '@entra-bedrock-agent/service-kit'
import Fastify, { type FastifyInstance, LogController } from 'fastify'
import type { Config } from './config.ts'
import { discovery } from './discovery/routes.ts'
import { controls } from './emulator/controls.ts'
import { overviewPage } from './emulator/overview-page.ts'
import { keepRequestLog } from './emulator/request-log.ts'
import { strikeOrderedFaults } from './emulator/strike.ts'
import { Entra } from './entra.ts'
import { answerRefusals } from './errors/answer-refusals.ts'
import { graph } from './graph/graph.ts'
import { normalizeGraphUrl } from './graph/paths.ts'
import { authorizeEndpoint } from './sign-in/authorize-route.ts'
import { logoutEndpoint } from './sign-in/logout-route.ts'
import { tokenEndpoint } from './token-endpoint/route.ts'

declare module 'fastify' {
  interface FastifyInstance {
    readonly entra: Entra
  }
}

/** The stand-in as a Fastify app. `app.entra` gives tests in the same process the tenant behind it. */
export function buildApp(config: Config): FastifyInstance {
  const app: FastifyInstance = Fastify({
    logger: loggerOptions(config.logLevel),
    logController: new LogController({ disableRequestLogging: true }),
    routerOptions: { caseSensitive: false, ignoreTrailingSlash: true },
    rewriteUrl: ({ url = '/' }) => normalizeGraphUrl(url),
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false } },
    ...(config.tls ? { https: config.tls } : {}),
  })
  const entra = new Entra(config, () => app.server)
  app.decorate('entra', entra)
  answerRefusals(app, entra)
  keepRequestLog(app, entra)
  strikeOrderedFaults(app, entra)
  app.get('/livez', async () => ({ status: 'ok' }))
  app.get('/readyz', async () => {
    await entra.keys.current()
    return { status: 'ok' }
  })
  app.register(discovery, { entra })
  app.register(tokenEndpoint, { entra })
  app.register(authorizeEndpoint, { entra })
  app.register(logoutEndpoint, { entra })
  for (const prefix of ['/v1.0', '/beta']) app.register(graph, { entra, prefix })
  app.register(controls, { entra, prefix: '/emulator' })
  app.register(overviewPage, { entra })
  return app
}
