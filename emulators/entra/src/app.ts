import { serverOptions } from '@entra-agents/service-kit'
import Fastify, { type FastifyInstance } from 'fastify'
import type { Config } from './config.ts'
import { serveDiscovery, serveUserInfo } from './discovery/routes.ts'
import { addControlPlane } from './emulator/control-plane.ts'
import type { Entra } from './entra.ts'
import { sendRefusals } from './errors/send-refusals.ts'
import { serveGraph } from './graph/graph.ts'
import { graphVersions, normalizeGraphUrl } from './graph/paths.ts'
import { serveLab } from './lab/routes.ts'
import { checkTenant } from './oauth/client.ts'
import { serveAdminConsent, serveDevices } from './sign-in/device-and-consent-routes.ts'
import { serveAuthorize, serveLogout } from './sign-in/sign-in-and-out-routes.ts'
import { Tenants } from './tenants.ts'
import { serveTokens } from './token-endpoint/route.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** The first tenant. */
    readonly entra: Entra
    readonly tenants: Tenants
  }
  interface FastifyRequest {
    entra: Entra
  }
}

/** The emulator as a Fastify app. Tests in the same process reach its tenant by `app.entra`. */
export function buildApp(config: Config): FastifyInstance {
  const shared = serverOptions({ logLevel: config.logLevel })
  const app: FastifyInstance = Fastify({
    ...shared,
    // Ids of consents in the seed are made of the ids of client, API and user.
    routerOptions: { caseSensitive: false, ignoreTrailingSlash: true, maxParamLength: 200 },
    rewriteUrl: ({ url = '/' }) => normalizeGraphUrl(url),
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: true } },
    ...(config.tls ? { https: { ...config.tls, ...shared.http } } : {}),
  })
  const tenants = new Tenants(config, () => app.server)
  app.decorate('tenants', tenants)
  app.decorate('entra', tenants.first)
  app.decorateRequest('entra')
  app.addHook('onRequest', async request => {
    request.entra = tenants.ofArrival(request)
  })
  app.addHook('preValidation', async request => {
    request.entra = tenants.of(request)
  })
  app.addHook('preClose', async () => {
    for (const { faults } of tenants.all) faults.stop()
  })
  sendRefusals(app)
  app.setNotFoundHandler((_request, reply) => reply.code(404).send())
  app.addHook('onSend', async ({ entra }, reply) => {
    reply.header('date', new Date(entra.clock.nowMs()).toUTCString())
  })
  addControlPlane(app)
  // An unknown tenant is refused as by the first one, and noted in its log.
  app.addHook<{ Params: { tenant?: string } }>('preHandler', async ({ entra, method, params }) => {
    if (params.tenant !== undefined && method !== 'OPTIONS') checkTenant(entra, params.tenant)
  })
  app.register(serveLab, { prefix: '/emulator' })
  app.get('/livez', async () => ({ status: 'ok' }))
  app.get('/readyz', async () => {
    await tenants.first.keys.current()
    return { status: 'ok' }
  })
  for (const routes of [serveDiscovery, serveUserInfo, serveTokens]) app.register(routes)
  for (const pages of [serveAuthorize, serveAdminConsent, serveDevices, serveLogout]) app.register(pages)
  for (const version of graphVersions) app.register(serveGraph, { version, prefix: `/${version}` })
  return app
}
