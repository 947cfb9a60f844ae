import { randomBytes } from 'node:crypto'
import { answerWithProblems, loggerOptions } from '@entra-bedrock-agent/service-kit'
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import type { Config, WeatherConfig } from './config.ts'
import { publishOpenApi } from './openapi.ts'
import { createJsonFetcher, type FetchJson } from './outbound/fetch-json.ts'
import { healthRoutes } from './routes/health.ts'
import { weatherRoutes } from './routes/weather.ts'
import { requireToken } from './token/require-token.ts'
import { type KeyTiming, SigningKeys } from './token/signing-keys.ts'
import { TokenValidator } from './token/token-validator.ts'
import { LiveOrNormals } from './weather/auto.ts'
import { ClimateNormals } from './weather/climate-normals/climate-normals.ts'
import { OpenMeteo } from './weather/open-meteo/open-meteo.ts'
import type { WeatherProvider } from './weather/provider.ts'

/** What tests replace. */
export interface Dependencies {
  readonly now?: () => number
  readonly keyTiming?: Partial<KeyTiming>
}

/** Builds the weather API; the caller listens. */
export async function buildApp(config: Config, dependencies: Dependencies = {}): Promise<FastifyInstance> {
  const { now = Date.now, keyTiming } = dependencies
  const app = Fastify({
    logger: loggerOptions(config.logLevel),
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: requestIds(),
    requestTimeout: 10_000,
    // While stopping, requests on open connections are still answered; `/readyz` says that no new ones should come.
    return503OnClosing: false,
  })
  const outbound = createJsonFetcher()
  app.addHook('onClose', () => outbound.close())
  app.addHook('onRequest', (_request, reply, done) => {
    reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff')
    done()
  })
  answerWithProblems(app)
  await publishOpenApi(app)
  healthRoutes(app)

  const keys = new SigningKeys({
    issuer: `${config.token.authority}/${config.token.tenantId}`,
    fetchJson: outbound.fetchJson,
    log: app.log,
    now,
    ...(keyTiming ? { timing: keyTiming } : {}),
  })
  const validator = new TokenValidator(config.token, keys, now)
  const weather = createProvider(config.weather, outbound.fetchJson, app.log, now)
  await app.register(async protectedRoutes => {
    requireToken(protectedRoutes, validator)
    weatherRoutes(protectedRoutes, weather)
  })

  warnOfUnsafeSettings(app, config)
  return app
}

function warnOfUnsafeSettings(app: FastifyInstance, { token }: Config): void {
  if (!token.validateSignature) {
    app.log.warn(
      'VALIDATE_TOKEN_SIGNATURE=false: SIGNATURES OF TOKENS ARE NOT VERIFIED. Anybody who can reach this service can forge a token. Never run like this outside a demonstration.',
    )
  }
  const { protocol, hostname } = new URL(token.authority)
  if (protocol === 'http:' && !['localhost', '127.0.0.1', '[::1]'].includes(hostname)) {
    app.log.warn(
      `ENTRA_AUTHORITY is plain http: whoever sits between this service and ${hostname} can replace the keys. Only for stand-ins.`,
    )
  }
}

function createProvider(
  config: WeatherConfig,
  fetchJson: FetchJson,
  log: FastifyBaseLogger,
  now: () => number,
): WeatherProvider {
  if (config.provider === 'climate-normals') return new ClimateNormals(now)
  const live = new OpenMeteo(config, fetchJson)
  return config.provider === 'open-meteo' ? live : new LiveOrNormals(live, new ClimateNormals(now), log, now)
}

/** Ids that are unique over all replicas and cost next to nothing: a random prefix of the process and a counter. */
function requestIds(): () => string {
  const prefix = randomBytes(6).toString('hex')
  let count = 0
  return () => {
    count += 1
    return `${prefix}-${count.toString(36)}`
  }
}
