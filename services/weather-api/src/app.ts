import { createServer, guardBrowserBoundary, noSchemaCheck } from '@entra-agents/service-kit'
import { publishOpenApi } from '@entra-agents/service-kit/open-api'
import { createSender, type Send } from '@entra-agents/service-kit/send'
import { addTelemetry } from '@entra-agents/telemetry'
import { createResourceServer } from '@entra-agents/tokens'
import { resourceServer } from '@entra-agents/tokens/fastify'
import type { FastifyBaseLogger, FastifyInstance, FastifyRequest } from 'fastify'
import type { DestinationStream } from 'pino'
import type { Config, WeatherConfig } from './config.ts'
import { addMcpRoute } from './mcp/route.ts'
import { needsOfCalls } from './mcp/tool-calls.ts'
import type { ApiMetrics } from './metrics.ts'
import { describeNeeds } from './permissions.ts'
import { catalogue } from './problems.ts'
import { addHealthRoutes, probePaths } from './routes/health.ts'
import { addWeatherRoutes } from './routes/weather.ts'
import { sendRefusal, traceDecision } from './token-decisions.ts'
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
const openApiInfo = {
  title: 'Weather API',
  version: '1',
  description: 'Weather for agents that call under their own Microsoft Entra agent identity.',
  security: {
    name: 'entra',
    description:
      'A Microsoft Entra access token for this API, of an agent identity: app role Weather.Read.All (autonomous) or scope Weather.Read (on behalf of a user); for alerts Alerts.ReadWrite.All or Alerts.ReadWrite.',
  },
}

/** Builds the weather API, which does not listen yet. */
export async function buildApp(config: Config, { logStream }: Dependencies = {}): Promise<FastifyInstance> {
  const app = createServer({
    logLevel: config.logLevel,
    logStream,
    traced: config.telemetry !== undefined,
    keepAliveTimeout: keepAliveTimeoutMs,
    // Query parameters are text, so Ajv converts them to the types of the schema.
    ajv: { customOptions: { ...noSchemaCheck, coerceTypes: true } },
  })
  // The API continues the trace of any caller, not only of the agent: callers can only extend traces of their own.
  const tracer = await addTelemetry(app, config.telemetry, { trustsCallers: true, untraced: probePaths })
  const metrics = await loadMetrics(app, config)
  const outbound = createSender({ connections: 16 })
  app.addHook('onClose', () => outbound.close())
  await publishOpenApi(app, openApiInfo)
  const needs = describeNeeds(config.token.callers, config.alerts?.authenticationContext)
  const server = createResourceServer({
    ...config.token,
    ...needs.weather,
    name: 'weather-api',
    title: 'Weather API',
    codePrefix: 'WEATHER',
    problems: catalogue,
    log: app.log,
    onDecision(decision) {
      traceDecision(tracer, decision)
      metrics?.decided(decision)
    },
  })
  app.addHook('onClose', () => server.close())
  if (config.token.denyList !== undefined) metrics?.watchDenyList(server)
  addHealthRoutes(app, () => server.isReady)
  const weather = createProvider(config.weather, outbound.send, app.log)
  const protect = (need: keyof typeof needs, addRoutes: (routes: FastifyInstance) => void) =>
    app.register(async routes => {
      await routes.register(resourceServer, { server: server.with(needs[need]), sendRefusal })
      addRoutes(routes)
    })
  await protect('weather', routes => addWeatherRoutes(routes, weather))
  const alerts = config.alerts && (await openAlerts(app, config.alerts.file, weather))
  if (alerts) {
    await protect('readAlerts', alerts.addReadRoutes)
    await protect('changeAlerts', alerts.addChangeRoutes)
  }
  // A tool's name is in the body, so the right that it needs is checked once the body has been read.
  const needsOf = ({ body }: FastifyRequest) => needsOfCalls(body).map(need => needs[need])
  const { publicUrl, allowedHosts } = config.mcp
  const mcpServer = server.with({ ...(alerts ? needs.any : needs.weather), resource: publicUrl })
  await app.register(async mcp => {
    await mcp.register(guardBrowserBoundary, { allowedHosts, open: mcpServer.metadata?.paths ?? [] })
    await mcp.register(resourceServer, { server: mcpServer, sendRefusal, ...(alerts ? { needsOf } : {}) })
    addMcpRoute(mcp, { weather, alerts: alerts?.store })
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

/** Alerts are imported only if they are configured. */
async function openAlerts(app: FastifyInstance, file: string, weather: WeatherProvider) {
  const { openAlertStore } = await import('./alerts/alert-store.ts')
  const { addChangeRoutes, addReadRoutes } = await import('./routes/alerts.ts')
  const store = openAlertStore(file)
  app.addHook('onClose', async () => store.close())
  return {
    store,
    addReadRoutes: (routes: FastifyInstance) => addReadRoutes(routes, store, weather),
    addChangeRoutes: (routes: FastifyInstance) => addChangeRoutes(routes, store),
  }
}

function createProvider(config: WeatherConfig, send: Send, log: FastifyBaseLogger): WeatherProvider {
  if (config.provider === 'climate-normals') return new ClimateNormals()
  const live = new OpenMeteo(config, send)
  return config.provider === 'open-meteo' ? live : new LiveOrNormals(live, new ClimateNormals(), log)
}
