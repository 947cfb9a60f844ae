import type { ProblemError } from '@entra-bedrock-agent/service-kit'
import type { AgentTokens } from '../identity/agent-tokens.ts'
import { problem } from '../problems.ts'

/**
 * Whether this process should get requests. Trouble behind it, which hits every replica alike, does not count:
 * people are better served by a reply that names the trouble than by no reply.
 */
export class Readiness {
  readonly #tokens: AgentTokens
  #stopping = false

  constructor(tokens: AgentTokens) {
    this.#tokens = tokens
  }

  /** From now on not ready: the process is going to stop. */
  stop(): void {
    this.#stopping = true
  }

  /** Why it is not ready; `undefined` when it is. */
  get obstacle(): ProblemError | undefined {
    if (this.#stopping) return problem('AGENT_STOPPING', 'The agent is being stopped.')
    const { problem: sidecarProblem } = this.#tokens.health.sidecar
    return sidecarProblem?.code === 'SIDECAR_FAILED' ? sidecarProblem : undefined
  }
}
