import {
  type ActsAs,
  type Component,
  type Components,
  type Flow,
  flows as flowTable,
  mapFlows,
  type Status,
} from '@entra-bedrock-agent/identity-trace'
import { problem } from '../problems.ts'
import { type ComponentHealth, combineHealth } from './health.ts'

export interface ObservedAgent {
  readonly name: string
  /** The flows that it has. */
  readonly has: readonly Flow[]
  readonly flows: Readonly<Record<Flow, ComponentHealth>>
}

/** The last known health of everything that the agent depends on. */
export interface Observed {
  readonly version: string
  readonly sidecar: ComponentHealth
  /** Each downstream API by its name. */
  readonly apis: Readonly<Record<string, ComponentHealth>>
  readonly bedrock: {
    readonly isConfigured: boolean
    readonly health: ComponentHealth
    readonly model: string | null
    readonly region: string | null
    readonly credential: Components['bedrock']['credential']
  }
  /** The agents, the default one first. */
  readonly agents: readonly [ObservedAgent, ...ObservedAgent[]]
  readonly offersSignIn: boolean
  readonly emulated: readonly string[]
}

/** Assembles the status from what is known, without probing anything. */
export function describeStatus(observed: Observed, requestId: string): Status {
  const { version, sidecar, apis, bedrock, agents, offersSignIn, emulated } = observed
  const { isConfigured, health: bedrockHealth, ...bedrockSettings } = bedrock
  // A mode or flow that is not configured is no failure.
  const notSetUp: Readonly<Record<ActsAs, ComponentHealth | undefined>> = {
    agent: undefined,
    'agent-user': undefined,
    user: offersSignIn ? undefined : noSignIn,
  }
  const notSetUpFor = (flow: Flow) => notSetUp[flowTable[flow].actsAs]
  const offeredBy = ({ has, flows }: ObservedAgent) =>
    has.filter(flow => !notSetUpFor(flow)).map(flow => flows[flow])
  const offered = agents.flatMap(offeredBy)
  const needed = [sidecar, ...Object.values(apis), ...(isConfigured ? [bedrockHealth] : []), ...offered]
  const describe = (health: ComponentHealth) => describeComponent(health, requestId)
  return {
    status: needed.some(({ problem }) => problem !== undefined) ? 'degraded' : 'ok',
    version,
    bedrock_available: bedrockHealth.state === 'ready',
    components: {
      sidecar: describe(sidecar),
      ...Object.fromEntries(
        Object.entries(apis).map(([name, health]) => [name.replaceAll('-', '_'), describe(health)]),
      ),
      bedrock: { ...describe(bedrockHealth), ...bedrockSettings },
    },
    flows: mapFlows(flow => describe(notSetUpFor(flow) ?? agents[0].flows[flow])),
    agents: Object.fromEntries(
      agents.map(agent => {
        const flows = agent.has.map(flow => [flow, describe(notSetUpFor(flow) ?? agent.flows[flow])] as const)
        return [
          agent.name,
          { ...describe(combineHealth(offeredBy(agent))), flows: Object.fromEntries(flows) },
        ]
      }),
    ),
    emulated: [...emulated],
  }
}

const noSignIn: ComponentHealth = {
  state: 'unavailable',
  problem: problem('SIGN_IN_NOT_CONFIGURED', 'CLIENT_SPA_APP_ID is not set.'),
}

function describeComponent(
  { state, checkedAt, problem, tools }: ComponentHealth,
  requestId: string,
): Component {
  return {
    state,
    ...(checkedAt === undefined ? {} : { checkedAt }),
    ...(problem === undefined ? {} : { problem: problem.toDocument(requestId) }),
    ...(tools === undefined
      ? {}
      : {
          tools: tools.map(({ name, waits, ...health }) => ({
            name,
            ...(waits ? { waits } : {}),
            ...describeComponent(health, requestId),
          })),
        }),
  }
}
