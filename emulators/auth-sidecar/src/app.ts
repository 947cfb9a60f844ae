import { Emulator, strictObject } from '@entra-agents/emulator-kit'
import { serverOptions } from '@entra-agents/service-kit'
import Fastify, { type FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { Clock } from './clock.ts'
import type { Config } from './config.ts'
import { parserHeaderBytes, passesGuard, respondToParserError } from './http/guard.ts'
import { sendEmpty } from './http/responses.ts'
import { type Authentication, authenticate, TokenValidator } from './inbound/token-validator.ts'
import { addRoutes } from './routes/routes.ts'
import { TokenAcquirer } from './tokens/token-acquirer.ts'

/** Kestrel's limit for a body, in bytes. */
const bodyLimit = 30_000_000
const keepAliveTimeoutMs = 130_000
const FaultTarget = strictObject({
  path: Type.String({ description: 'Where the path begins, such as /AuthorizationHeader/.' }),
})

const settings = {
  change: { ignoresOverrides: Type.Boolean({ description: 'As if Sidecar:AllowOverrides were false.' }) },
  initial: { ignoresOverrides: false },
}

/** The sidecar's control plane: it has only the transport faults. */
class Sidecar extends Emulator<object, typeof FaultTarget, Record<never, never>, typeof settings.initial> {
  /** `undefined` if tenant and application are not configured. */
  readonly tokens: TokenAcquirer | undefined

  constructor({ controlHosts, azureAd, federatedTokenFile }: Config, clock?: Clock) {
    super({
      about: { emulates: ['auth-sidecar'] },
      allowedHosts: controlHosts,
      target: FaultTarget,
      faults: {},
      settings,
    })
    this.tokens = azureAd && new TokenAcquirer(azureAd, federatedTokenFile, clock ?? this.clock)
  }

  override reset(): void {
    super.reset()
    this.tokens?.clear()
  }
}

declare module 'fastify' {
  interface FastifyInstance {
    readonly sidecar: Sidecar
  }
  interface FastifyRequest {
    authentication: Authentication
  }
}

/** Builds the emulator of the official sidecar as a Fastify app; the caller makes it listen. */
export function buildApp(config: Config, dependencies: { readonly clock?: Clock } = {}): FastifyInstance {
  const shared = serverOptions({ logLevel: config.logLevel })
  const app = Fastify({
    ...shared,
    exposeHeadRoutes: false,
    routerOptions: { caseSensitive: false, ignoreTrailingSlash: true },
    bodyLimit,
    keepAliveTimeout: keepAliveTimeoutMs,
    http: { ...shared.http, maxHeaderSize: parserHeaderBytes },
    clientErrorHandler: respondToParserError,
    frameworkErrors: (_error, _request, reply) => void sendEmpty(reply, 400),
  })
  const sidecar = new Sidecar(config, dependencies.clock)
  app.decorate('sidecar', sidecar)
  sidecar.addControls(app)
  app.addHook('onRequest', async (request, reply) => {
    const { url } = request
    if (passesGuard(request, reply, config) && !url.startsWith('/emulator/'))
      await sidecar.faults.apply(reply, ({ target }) => url.startsWith(target?.path ?? ''))
  })
  app.setNotFoundHandler(async (_request, reply) => sendEmpty(reply, 404))
  app.setErrorHandler((error, request, reply) => {
    const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500
    if (status >= 500 && !request.socket.destroyed) request.log.error({ err: error }, 'A request failed.')
    sendEmpty(reply, status)
  })
  const { azureAd } = config
  const { tokens } = sidecar
  // If tenant and application are not configured, the guard refuses every request, so no routes are needed.
  if (azureAd && tokens) {
    const validator = new TokenValidator(azureAd, dependencies.clock ?? sidecar.clock)
    const allowsOverrides: Config['allowsOverrides'] = route =>
      !sidecar.settings.current.ignoresOverrides && config.allowsOverrides(route)
    app.register(async scope => serve(scope, { ...config, allowsOverrides }, tokens, validator))
  }
  return app
}

function serve(app: FastifyInstance, config: Config, tokens: TokenAcquirer, validator: TokenValidator): void {
  // Bodies are passed on as they are, not parsed.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  app.decorateRequest('authentication')
  app.addHook('onRequest', async request => {
    request.authentication = await authenticate(request.headers.authorization, validator)
  })
  addRoutes(app, config, tokens)
}
