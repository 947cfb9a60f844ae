import type { Clock } from '../clock.ts'

export interface AgentAssertion {
  readonly token: string
  readonly expiresAtMs: number
}

const mostAgents = 10_000

/**
 * T1 of each agent identity, kept until it has really expired. That is longer than the token cache would hand it out,
 * for which five minutes before the end is too late.
 */
export class AgentAssertions {
  readonly #assertions = new Map<string, AgentAssertion>()
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  find(agentId: string): string | undefined {
    const assertion = this.#assertions.get(agentId)
    return assertion && assertion.expiresAtMs >= this.#clock.now() ? assertion.token : undefined
  }

  keep(agentId: string, assertion: AgentAssertion): void {
    const [oldest] = this.#assertions.keys()
    if (this.#assertions.size >= mostAgents && oldest !== undefined) this.#assertions.delete(oldest)
    this.#assertions.set(agentId, assertion)
  }

  forget(agentId: string): void {
    this.#assertions.delete(agentId)
  }
}
