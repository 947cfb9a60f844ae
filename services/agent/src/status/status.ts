import type { Component, Components, Status } from '@entra-bedrock-agent/identity-trace'
import { problem } from '../problems.ts'
import type { ComponentHealth } from './health.ts'

/** What was last seen of everything that the agent depends on. */
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
  readonly flows: { readonly autonomous: ComponentHealth; readonly obo: ComponentHealth }
  readonly offersSignIn: boolean
  readonly emulated: readonly string[]
}

/** Puts together what is known. Nothing is looked at; `ready` was seen to work. */
export function describeStatus(observed: Observed, requestId: string): Status {
  const { version, sidecar, apis, bedrock, flows, offersSignIn, emulated } = observed
  const { isConfigured, health: bedrockHealth, ...bedrockSettings } = bedrock
  const obo = offersSignIn ? flows.obo : noSignIn
  const describe = (health: ComponentHealth) => describeComponent(health, requestId)
  const needed = [sidecar, ...Object.values(apis), flows.autonomous]
  // A mode or flow that nobody set up is no failure.
  const offered = [...(isConfigured ? [bedrockHealth] : []), ...(offersSignIn ? [obo] : [])]
  return {
    status: [...needed, ...offered].some(({ problem }) => problem !== undefined) ? 'degraded' : 'ok',
    version,
    bedrock_available: bedrockHealth.state === 'ready',
    components: {
      sidecar: describe(sidecar),
      ...Object.fromEntries(
        Object.entries(apis).map(([name, health]) => [name.replaceAll('-', '_'), describe(health)]),
      ),
      bedrock: { ...describe(bedrockHealth), ...bedrockSettings },
    },
    flows: { autonomous: describe(flows.autonomous), obo: describe(obo) },
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
      : { tools: tools.map(({ name, ...health }) => ({ name, ...describeComponent(health, requestId) })) }),
  }
}
