import type { Config } from './config.ts'
import type { DownstreamCaller } from './downstream/call.ts'
import type { TokenValidator } from './inbound/token-validator.ts'
import type { TokenAcquirer } from './tokens/token-acquirer.ts'
import type { AgentSelection } from './tokens/token-order.ts'

/** What the routes work with. */
export interface Sidecar {
  readonly config: Config
  readonly tokens: TokenAcquirer
  readonly validator: TokenValidator
  readonly downstream: DownstreamCaller
  /** 1.0.0 only: the agent that an API was last asked about, for it sticks to the API's shared options there. */
  readonly stickyAgents: Map<string, AgentSelection>
}
