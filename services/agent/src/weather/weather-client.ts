import type { FastifyBaseLogger } from 'fastify'
import type { AgentTokens } from '../identity/agent-tokens.ts'
import type { ComponentHealth } from '../identity/component-health.ts'
import type { Weather } from './weather.ts'

export interface WeatherOptions {
  readonly weatherApiUrl: string
  readonly tokens: AgentTokens
  readonly logger: FastifyBaseLogger
}

export interface WeatherClient extends Weather {
  /** What the last call of the weather API showed. */
  readonly health: ComponentHealth
  /** Looks at the weather API's `/readyz` in the background if the last look is old. Never throws. */
  refresh(): Promise<void>
  close(): Promise<void>
}
