import type { Flow } from '@entra-bedrock-agent/identity-trace'
import type { FastifyBaseLogger } from 'fastify'
import type { ComponentHealth } from './component-health.ts'
import type { VerifiedUserToken } from './user-token.ts'

/** TR: the agent's token for the weather API, after the agent has checked that it is what was asked for. */
export interface AgentToken {
  /** The raw token. It goes to the weather API and nowhere else. */
  readonly value: string
  readonly fingerprint: string
  readonly header: Readonly<Record<string, unknown>>
  readonly claims: Readonly<Record<string, unknown>>
}

export interface AgentTokensOptions {
  /** The sidecar's address. Its host must be `localhost`: the only name that every version of it accepts. */
  readonly sidecarUrl: string
  readonly tenantId: string
  readonly blueprintAppId: string
  readonly agentClientId: string
  readonly weatherApiAppId: string
  readonly logger: FastifyBaseLogger
}

export interface TokenRequest {
  readonly flow: Flow
  /** Must be there in the `obo` flow; is ignored in the `autonomous` flow. */
  readonly user: VerifiedUserToken | undefined
  readonly correlationId: string
  readonly traceparent: string | undefined
  readonly signal: AbortSignal
}

export interface IdentityHealth {
  readonly sidecar: ComponentHealth
  readonly flows: Readonly<Record<Flow, ComponentHealth>>
}

export interface AgentTokens {
  obtain(request: TokenRequest): Promise<AgentToken>
  /** What the last real calls and looks showed. Its problems say "restart the sidecar" where that is the way out. */
  readonly health: IdentityHealth
  /**
   * Looks at the sidecar in the background if the last look is old: `/healthz`, and a token for the autonomous flow.
   * Never throws; cheap enough to be called by every readiness probe and once at start-up.
   */
  refresh(): Promise<void>
  close(): Promise<void>
}
