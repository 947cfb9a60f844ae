import { Problem } from '@entra-bedrock-agent/identity-trace'
import type { ProblemError } from '@entra-bedrock-agent/service-kit'
import { type Static, Type } from 'typebox'
import type { Bedrock } from '../model/bedrock.ts'
import type { Config } from '../config.ts'
import type { AgentTokens } from '../identity/agent-tokens.ts'
import type { ComponentHealth } from './health.ts'
import { problem } from '../problems.ts'
import type { WeatherClient } from '../downstream/api-caller.ts'

const component = {
  state: Type.Enum(['ready', 'unavailable', 'unknown']),
  checkedAt: Type.Optional(Type.String({ format: 'date-time' })),
  problem: Type.Optional(Problem),
}
const Component = Type.Object(component)
type Component = Static<typeof Component>

export const Status = Type.Object({
  status: Type.Enum(['ok', 'degraded']),
  version: Type.String(),
  bedrock_available: Type.Boolean(),
  components: Type.Object({
    sidecar: Component,
    weather_api: Component,
    bedrock: Type.Object({
      ...component,
      model: Type.Union([Type.String(), Type.Null()]),
      region: Type.Union([Type.String(), Type.Null()]),
      credential: Type.Enum(['sts', 'api-key', 'federation', 'pod-identity', 'default-chain', 'none']),
    }),
  }),
  flows: Type.Object({ autonomous: Component, obo: Component }),
  emulated: Type.Array(Type.String()),
})
export type Status = Static<typeof Status>

export interface StatusSources {
  readonly config: Config
  readonly tokens: AgentTokens
  readonly weather: WeatherClient
  readonly bedrock: Bedrock
}

/** What is known about everything the agent depends on. Nothing is looked at; `ready` was seen to work. */
export function describeStatus(
  { config, tokens, weather, bedrock }: StatusSources,
  requestId: string,
): Status {
  const describe = (health: ComponentHealth) => describeComponent(health, requestId)
  const components = {
    sidecar: describe(tokens.health.sidecar),
    weather_api: describe(weather.health),
    bedrock: {
      ...describe(bedrock.availability.sight),
      model: bedrock.modelId,
      region: bedrock.region,
      credential: bedrock.credential,
    },
  }
  const flows = {
    autonomous: describe(tokens.health.flows.autonomous),
    obo: describe(config.identity.spaClientId === undefined ? noSignIn : tokens.health.flows.obo),
  }
  const needed = [components.sidecar, components.weather_api, flows.autonomous]
  // A mode or flow that nobody set up is no failure.
  const offered = [
    ...('missing' in config.bedrock ? [] : [components.bedrock]),
    ...(config.identity.spaClientId === undefined ? [] : [flows.obo]),
  ]
  return {
    status: [...needed, ...offered].some(({ state }) => state === 'unavailable') ? 'degraded' : 'ok',
    version: config.version,
    bedrock_available: components.bedrock.state === 'ready',
    components,
    flows,
    emulated: [...config.emulated],
  }
}

const noSignIn: ComponentHealth = {
  state: 'unavailable',
  problem: problem('SIGN_IN_NOT_CONFIGURED', 'CLIENT_SPA_APP_ID is not set.'),
}

function describeComponent(
  { state, checkedAt, problem }: { state: Component['state']; checkedAt?: string; problem?: ProblemError },
  requestId: string,
): Component {
  return {
    state,
    ...(checkedAt === undefined ? {} : { checkedAt }),
    ...(problem === undefined ? {} : { problem: problem.toDocument(requestId) }),
  }
}
