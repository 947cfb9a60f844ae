import { Approvals, createSealKeys } from '@entra-agents/approval'
import { connectBedrock } from '@entra-agents/bedrock-access'
import { createIdentityClient, sidecar } from '@entra-agents/identity'
import { createMcpToolset } from '@entra-agents/mcp-tools'
import { createServer, guardBrowserBoundary } from '@entra-agents/service-kit'
import { publishOpenApi } from '@entra-agents/service-kit/open-api'
import { addTelemetry } from '@entra-agents/telemetry'
import { serveMetrics } from '@entra-agents/telemetry/metrics'
import accepts from '@fastify/accepts'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import type { DestinationStream } from 'pino'
import { bedrockModeOnDemand } from './bedrock/on-demand.ts'
import type { Config } from './config.ts'
import { directMode } from './direct/direct-mode.ts'
import { chatRoutes } from './routes/chat.ts'
import { configRoute } from './routes/config.ts'
import { FairStart } from './routes/fair-start.ts'
import { healthRoutes, probePaths } from './routes/health.ts'
import { instructionsRoute } from './routes/instructions.ts'
import { pageRoutes } from './routes/page.ts'
import { addRateLimit } from './routes/rate-limit.ts'
import { explainRequestFault } from './routes/request-faults.ts'
import { statusRoute } from './routes/status.ts'
import { TurnMetrics } from './status/metrics.ts'
import { type Timing, timing as usualTiming } from './timing.ts'
import { stopTurnsInTime } from './turn/stop-turns.ts'
import { Turns } from './turn/turns.ts'

export interface Dependencies {
  /** Where log lines go; default: standard output. */
  readonly logStream?: DestinationStream
  readonly timing?: Timing
}

const bedrockWarmUpDelayMs = 200
const openApi = {
  title: 'Agent',
  description:
    'An agent that answers under its own Microsoft Entra agent identity, and shows every token hop.',
  security: {
    name: 'userToken',
    description: 'Tc: the user’s token with the scope api://<blueprint>/access_as_user.',
  },
}

/** Builds the agent. Its dependencies are not probed before it listens. */
export async function buildApp(
  config: Config,
  { logStream, timing = usualTiming }: Dependencies = {},
): Promise<FastifyInstance> {
  const app = createServer({
    logLevel: config.logLevel,
    logStream,
    traced: config.telemetry !== undefined,
    trustProxy: config.trustedProxies.length > 0 ? [...config.trustedProxies] : false,
    schemaErrorFormatter: explainRequestFault,
  }).withTypeProvider<TypeBoxTypeProvider>()
  const tracer = await addTelemetry(app, config.telemetry, { trustsCallers: false, untraced: probePaths })
  await app.register(guardBrowserBoundary, { allowedHosts: config.allowedHosts, open: probePaths })

  const { blueprint, agents, limits, mcpServers } = config
  const logger = app.log
  const apis = [...config.toolsets, ...mcpServers].map(({ api }) => api)
  const identity = createIdentityClient({
    ...blueprint,
    agents: Object.fromEntries(agents.map(agent => [agent.name, agent])),
    apis: Object.fromEntries(apis.map(api => [api.name, api])),
    tokens: sidecar({ url: config.sidecarUrl, timing }),
    allowedClients: config.allowedClients,
    log: logger,
    timing,
  })
  const toolsets = [
    ...config.toolsets,
    ...mcpServers.map(server => createMcpToolset(server, { agents, apis: identity, logger })),
  ]
  const bedrock = connectBedrock(config.bedrock)
  const bedrockMode = bedrockModeOnDemand(bedrock, toolsets, identity, {
    consentFromTurns: config.consentFromTurns,
    inputTokens: limits.turnInputTokens,
  })
  const metrics = new TurnMetrics(config.tokenPrices)
  const approvals = new Approvals({
    keys: config.sealKeys ?? createSealKeys(),
    apis,
    consentRedirectUri: config.consentRedirectUri,
    logger,
    metrics,
  })
  const turns = new Turns({
    modes: { direct: directMode(toolsets, identity), bedrock: bedrockMode },
    turnTimeoutMs: limits.turnTimeoutMs,
    concurrentTurns: limits.concurrentTurns,
    metrics,
    tracer,
    approvals,
  })
  const fairStart = new FairStart(limits.messagesPerMinute, limits.concurrentTurns)
  const refreshTools = () => {
    for (const toolset of toolsets) void toolset.source?.refresh()
  }

  await app.register(accepts)
  await addRateLimit(app, limits.messagesPerMinute)
  await publishOpenApi(app, { ...openApi, version: config.version })
  await app.register(healthRoutes, { identity })
  await app.register(statusRoute, {
    config,
    toolsets,
    identity,
    bedrock,
    refresh: () => {
      void identity.check()
      refreshTools()
    },
  })
  await app.register(configRoute, { config, toolsets })
  const signInRules = { agents, identity, requireSignIn: config.requireSignIn, traceFor: config.traceFor }
  const mayConsent = config.consentRedirectUri !== undefined && config.consentFromTurns !== 'never'
  await app.register(chatRoutes, { turns, fairStart, approvals, mayConsent, ...signInRules, metrics })
  await app.register(instructionsRoute, { toolsets, ...signInRules })
  await app.register(pageRoutes, { folder: config.pageFolder, authority: blueprint.authority })

  serveMetrics(app, config, metrics.registry)
  let warmUpTimer: NodeJS.Timeout | undefined
  app.addHook('onListen', async () => {
    void identity.check()
    // Loading the libraries blocks the process for a moment, so it comes after the first probes and direct turns.
    warmUpTimer = setTimeout(() => {
      bedrock.availability.start()
      refreshTools()
      if (bedrock.modelId !== null) void bedrockMode.warmUp()
    }, bedrockWarmUpDelayMs)
  })
  stopTurnsInTime(app, turns, config.stopTimeoutMs)
  app.addHook('preClose', async () => fairStart.open())
  app.addHook('onClose', async () => {
    clearTimeout(warmUpTimer)
    bedrock.close()
    await Promise.all(toolsets.map(toolset => toolset.source?.close()))
    await identity.close()
  })
  return app
}
