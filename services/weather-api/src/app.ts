import { createTokenCheck, metadataPaths, requireAgentToken } from '@entra-bedrock-agent/entra-tokens'
import { createServer, guardBrowserBoundary, trustedSchemas } from '@entra-bedrock-agent/service-kit'
import { publishOpenApi } from '@entra-bedrock-agent/service-kit/open-api'
import { createSender } from '@entra-bedrock-agent/service-kit/send'
import { addTelemetry } from '@entra-bedrock-agent/telemetry'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { DestinationStream } from 'pino'
import type { Config, WeatherConfig } from './config.ts'
import { mcpRoute } from './mcp/route.ts'
import type { ApiMetrics } from './metrics.ts'
import { createJsonFetcher, type FetchJson } from './outbound/fetch-json.ts'
import { permissionsFor } from './permissions.ts'
import { catalogue } from './problems.ts'
import { healthRoutes, probes } from './routes/health.ts'
import { weatherRoutes } from './routes/weather.ts'
import { LiveOrNormals } from './weather/auto.ts'
import { ClimateNormals } from './weather/climate-normals/climate-normals.ts'
import { OpenMeteo } from './weather/open-meteo/open-meteo.ts'
import type { WeatherProvider } from './weather/provider.ts'

export interface Dependencies {
  /** The destination of the log; default: standard output. */
  readonly logStream?: DestinationStream
}

/** How long an idle connection is kept open. Clients are in the same cluster, so that a new connection costs little. */
const keepAliveTimeoutMs = 5_000
const openApi = {
  title: 'Weather API',
  version: '1',
  description: 'Weather for agents that call under their own Microsoft Entra agent identity.',
  security: {
    name: 'entra',
    description:
      'A Microsoft Entra access token for this API, of an agent identity: app role Weather.Read.All (autonomous) or scope Weather.Read (on behalf of a user).',
  },
}

/** Builds the weather API; the caller listens. */
export async function buildApp(config: Config, { logStream }: Dependencies = {}): Promise<FastifyInstance> {
  const app = createServer({
    logLevel: config.logLevel,
    logStream,
    traced: config.telemetry !== undefined,
    keepAliveTimeout: keepAliveTimeoutMs,
    // Parameters of query strings are text.
    ajv: { customOptions: { ...trustedSchemas, coerceTypes: true } },
  })
  // Callers' traces are continued: the agent's, and others can only extend traces of their own.
  const tracer = await addTelemetry(app, config.telemetry, { trustsCallers: true, untraced: probes })
  const metrics = await loadMetrics(app, config)
  const outbound = createSender({ connections: 16 })
  app.addHook('onClose', () => outbound.close())
  await publishOpenApi(app, openApi)
  const token = { ...config.token, permissions: permissionsFor(config.token.callers) }
  const check = createTokenCheck({ ...token, log: app.log })
  app.addHook('onClose', () => check.close())
  healthRoutes(app, () => check.denyList?.isRead ?? true)
  const door = {
    ...token,
    check,
    name: 'weather-api',
    title: 'Weather API',
    codePrefix: 'WEATHER',
    problems: catalogue,
    tracer,
    metrics: metrics?.registry,
  }
  const weather = createProvider(config.weather, createJsonFetcher(outbound.send), app.log)
  await app.register(async protectedRoutes => {
    await protectedRoutes.register(requireAgentToken, door)
    weatherRoutes(protectedRoutes, weather)
  })
  const { publicUrl, allowedHosts } = config.mcp
  await app.register(async mcp => {
    guardBrowserBoundary(mcp, { allowedHosts, open: publicUrl === undefined ? [] : metadataPaths(publicUrl) })
    await mcp.register(requireAgentToken, { ...door, resource: publicUrl })
    mcpRoute(mcp, weather)
  })

  if (!config.token.verifySignature) {
    app.log.warn(
      'VALIDATE_TOKEN_SIGNATURE=false: SIGNATURES OF TOKENS ARE NOT VERIFIED. Anybody who can reach this service can forge a token. Never run like this outside a demonstration.',
    )
  }
  return app
}

/** Metrics are imported only if they are served. */
async function loadMetrics(app: FastifyInstance, config: Config): Promise<ApiMetrics | undefined> {
  const { host, metricsPort, mcp } = config
  if (metricsPort === undefined) return undefined
  const { addMetrics } = await import('./metrics.ts')
  return addMetrics(app, { host, metricsPort, allowedHosts: mcp.allowedHosts })
}

function createProvider(
  config: WeatherConfig,
  fetchJson: FetchJson,
  log: FastifyBaseLogger,
): WeatherProvider {
  if (config.provider === 'climate-normals') return new ClimateNormals()
  const live = new OpenMeteo(config, fetchJson)
  return config.provider === 'open-meteo' ? live : new LiveOrNormals(live, new ClimateNormals(), log)
}
