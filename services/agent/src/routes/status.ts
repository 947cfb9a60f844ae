import type { Toolset } from '@entra-agents/approval'
import type { Bedrock } from '@entra-agents/bedrock-access'
import type { IdentityClient } from '@entra-agents/identity'
import { type AgentIdentity, identityProblem, mayUseApi, offeredFlows } from '@entra-agents/identity/core'
import { type ComponentHealth, combineHealth } from '@entra-agents/service-kit'
import { type Component, type Flow, mapFlows, needsUser, Status } from '@entra-agents/trace'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Config } from '../config.ts'

export interface StatusRouteOptions {
  readonly config: Config
  readonly toolsets: readonly Toolset[]
  readonly identity: Pick<IdentityClient, 'health'>
  readonly bedrock: Bedrock
  /** Renews the status in the background. */
  readonly refresh: () => void
}

/** `GET /api/status`: responds at once with the last known status, and renews it in the background. */
export const statusRoute: FastifyPluginAsyncTypebox<StatusRouteOptions> = async (app, options) => {
  const schema = { summary: 'The health of what the agent depends on', response: { 200: Status } }
  app.get('/api/status', { schema }, async request => {
    options.refresh()
    return describeStatus(options, request.id)
  })
}

/** Assembles the status from what is known, without probing anything. */
function describeStatus(
  { config, toolsets, identity, bedrock }: StatusRouteOptions,
  requestId: string,
): Status {
  const { version, agents, spaClientId, emulated } = config
  const { sidecar, flowsOf, ofApi } = identity.health
  const { modelId: model, region, credential } = bedrock
  const bedrockSettings = { model, region, credential }
  const bedrockHealth = bedrock.availability.health
  const ofApis = toolsets.map(({ api, source }) => {
    const health = source?.health() ?? ofApi(api, agents.find(agent => mayUseApi(agent, api)) ?? agents[0])
    return [api.name.replaceAll('-', '_'), health] as const
  })
  const offeredBy = (agent: AgentIdentity) =>
    offeredFlows(agent, spaClientId).map(flow => flowsOf(agent)[flow])
  // A mode or flow that is not configured is no failure.
  const needed = [
    sidecar,
    ...ofApis.map(([, health]) => health),
    ...(model === null ? [] : [bedrockHealth]),
    ...agents.flatMap(offeredBy),
  ]
  const describe = (health: ComponentHealth) => describeComponent(health, requestId)
  const describeFlow = (agent: AgentIdentity, flow: Flow) =>
    describe(needsUser(flow) && spaClientId === undefined ? noSignInHealth : flowsOf(agent)[flow])
  return {
    status: needed.some(({ problem }) => problem !== undefined) ? 'degraded' : 'ok',
    version,
    bedrock_available: bedrockHealth.state === 'ready',
    components: {
      sidecar: describe(sidecar),
      ...Object.fromEntries(ofApis.map(([name, health]) => [name, describe(health)])),
      bedrock: { ...describe(bedrockHealth), ...bedrockSettings },
    },
    flows: mapFlows(flow => describeFlow(agents[0], flow)),
    agents: Object.fromEntries(
      agents.map(agent => {
        const flows = Object.fromEntries(agent.flows.map(flow => [flow, describeFlow(agent, flow)]))
        return [agent.name, { ...describe(combineHealth(offeredBy(agent))), flows }]
      }),
    ),
    emulated: [...emulated],
  }
}

const noSignInHealth: ComponentHealth = {
  state: 'unavailable',
  problem: identityProblem('SIGN_IN_NOT_CONFIGURED', 'CLIENT_SPA_APP_ID is not set.'),
}

function describeComponent(
  { state, checkedAt, problem, tools }: ComponentHealth,
  requestId: string,
): Component {
  return {
    state,
    ...(checkedAt === undefined ? {} : { checkedAt }),
    ...(problem && { problem: problem.toDocument(requestId) }),
    ...(tools && {
      tools: tools.map(({ name, waits, ...health }) => ({
        name,
        ...(waits ? { waits } : {}),
        ...describeComponent(health, requestId),
      })),
    }),
  }
}
