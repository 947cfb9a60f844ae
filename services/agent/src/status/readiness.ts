import type { ProblemError } from '@entra-bedrock-agent/service-kit'
import { problem } from '../problems.ts'

/**
 * Whether this process should get requests. Trouble that hits every replica alike does not count: users are better
 * served by a response that names it than by none. A sidecar that only a restart can help is this pod's own trouble.
 */
export class Readiness {
  readonly #sidecarNeedsRestart: () => ProblemError | undefined
  #stopping = false

  constructor(sidecarNeedsRestart: () => ProblemError | undefined) {
    this.#sidecarNeedsRestart = sidecarNeedsRestart
  }

  /** From now on not ready: the process is going to stop. */
  stop(): void {
    this.#stopping = true
  }

  /** Why it is not ready; `undefined` when it is. */
  get problem(): ProblemError | undefined {
    return this.#stopping
      ? problem('AGENT_STOPPING', 'The agent is being stopped.')
      : this.#sidecarNeedsRestart()
  }
}
