import type { ProblemError } from '@entra-bedrock-agent/service-kit'
import type { AgentTokens } from '../identity/agent-tokens.ts'
import { problem } from '../problems.ts'

/**
 * Whether this process should get requests. Trouble that hits every replica alike does not count: people are better
 * served by a reply that names it than by no reply. A sidecar that only a restart can help is this pod's own trouble.
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
    const { sidecar, sidecarNeedsRestart } = this.#tokens.health
    return sidecarNeedsRestart ? sidecar.problem : undefined
  }
}
