import { loggerOptions } from '@entra-bedrock-agent/service-kit'
import Fastify, { type FastifyInstance, LogController } from 'fastify'
import { type Clock, systemClock } from './clock.ts'
import type { Config } from './config.ts'
import { DownstreamCaller } from './downstream/call.ts'
import { buildGuard } from './http/guards.ts'
import { answerParserError, parserHeaderBytes } from './http/header-limits.ts'
import { sendEmpty } from './http/replies.ts'
import { authenticate } from './inbound/authentication.ts'
import { DocumentRetriever } from './inbound/openid-configuration.ts'
import { TokenValidator } from './inbound/token-validator.ts'
import { addRoutes } from './routes/routes.ts'
import type { AzureAdOptions } from './settings/azure-ad.ts'
import type { Sidecar } from './sidecar.ts'
import { TokenAcquirer } from './tokens/token-acquirer.ts'

export interface Dependencies {
  readonly clock?: Clock
}

/** Kestrel's limit for a body, in bytes. */
const bodyLimit = 30_000_000
const keepAliveTimeoutMs = 130_000

/** Builds the stand-in for the official sidecar; where it listens is the caller's business. */
export function buildApp(config: Config, { clock = systemClock }: Dependencies = {}): FastifyInstance {
  const app = Fastify({
    logger: loggerOptions(config.logLevel),
    logController: new LogController({ disableRequestLogging: true }),
    exposeHeadRoutes: false,
    routerOptions: { caseSensitive: false, ignoreTrailingSlash: true },
    bodyLimit,
    keepAliveTimeout: keepAliveTimeoutMs,
    http: { maxHeaderSize: parserHeaderBytes },
    clientErrorHandler: answerParserError,
  })
  acceptAnyBody(app)
  app.setNotFoundHandler(async (_request, reply) => sendEmpty(reply, 404))
  app.setErrorHandler((error, request, reply) => {
    const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500
    if (status >= 500) request.log.error({ err: error }, 'A request failed.')
    sendEmpty(reply, status)
  })
  const { azureAd } = config
  if (azureAd) assemble(app, config, azureAd, clock)
  else refuseEverything(app, config)
  return app
}

function assemble(app: FastifyInstance, config: Config, azureAd: AzureAdOptions, clock: Clock): void {
  const retriever = new DocumentRetriever()
  const sidecar: Sidecar = {
    config,
    tokens: new TokenAcquirer(azureAd, { clock, federatedTokenFile: config.federatedTokenFile }),
    validator: new TokenValidator(
      {
        authority: `${azureAd.instance}/${azureAd.tenantId}`,
        clientId: azureAd.clientId,
        audiences: azureAd.audiences,
        requireScopeOrRole: config.version !== '1.1.2',
      },
      retriever,
      clock,
    ),
    downstream: new DownstreamCaller(config.allowOutboundRedirects),
    stickyAgents: new Map(),
  }
  const guard = buildGuard(config)
  app.decorateRequest('authentication')
  app.addHook('onRequest', async (request, reply) => {
    if (!guard(request, reply)) return
    request.authentication = await authenticate(request.headers.authorization, sidecar.validator)
  })
  app.addHook('onClose', async () => {
    await Promise.all([sidecar.tokens.close(), sidecar.downstream.close(), retriever.close()])
  })
  addRoutes(app, sidecar)
}

/** Without a tenant and an application authentication cannot start, and it comes before everything else. */
function refuseEverything(app: FastifyInstance, config: Config): void {
  const guard = buildGuard(config)
  app.addHook('onRequest', async (request, reply) => {
    guard(request, reply)
  })
}

/** Bodies are only handed on, never read here. */
function acceptAnyBody(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
}
