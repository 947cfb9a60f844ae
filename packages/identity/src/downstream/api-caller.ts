import { createSender } from '@entra-agents/service-kit/send'
import type { AgentIdentity } from '../agent-identity.ts'
import type { AgentTokens } from '../agent-tokens.ts'
import type { Caller } from '../caller.ts'
import type { DownstreamApi } from '../downstream-api.ts'
import type { Log } from '../log.ts'
import { type IdentityTiming, identityTiming } from '../timing.ts'
import { ApiContext } from './api-context.ts'
import { createApiHealth } from './api-health.ts'
import { Renewals } from './renewals.ts'

export interface ApiCallerOptions {
  readonly agents: readonly AgentIdentity[]
  readonly apis: readonly DownstreamApi[]
  readonly tokens: AgentTokens
  readonly logger: Log
  readonly timing?: IdentityTiming
}

export type ApiCaller = ReturnType<typeof createApiCaller>

const connectionOptions = { connections: 128, connectTimeoutMs: 2_000 }

/** Calls APIs under the agent's identity, and records every hop. */
export function createApiCaller(options: ApiCallerOptions) {
  const { agents, apis, tokens, logger, timing = identityTiming } = options
  const { apiCallMs: timeoutMs } = timing
  const { send, close } = createSender(connectionOptions)
  const health = createApiHealth(agents, apis, send, timeoutMs)
  const means = { tokens, logger, timeoutMs, send, health, renewals: new Renewals() }
  return {
    /** Calls APIs under the identity of a turn, or of the agent between turns; traces them below step `parentId`, if given. */
    for: <Who extends Caller>(turn: Who, parentId?: string) => new ApiContext(means, turn, parentId),
    /** The health of an API for an agent, from the last call or probe. */
    healthOf: (api: DownstreamApi, agent: AgentIdentity) => health.of(api, agent).current,
    refresh: health.refresh,
    close,
  }
}
