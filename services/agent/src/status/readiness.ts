import type { ProblemError } from '@entra-bedrock-agent/service-kit'
import { problem } from '../problems.ts'

/**
 * Whether this process should get requests. Failures that affect all replicas do not count: a response that names the
 * failure is better than none. A sidecar that needs a restart affects this pod only.
 */
export class Readiness {
  readonly #sidecarNeedsRestart: () => ProblemError | undefined
  #stopping = false

  constructor(sidecarNeedsRestart: () => ProblemError | undefined) {
    this.#sidecarNeedsRestart = sidecarNeedsRestart
  }

  /** Marks the process as not ready, since it is about to stop. */
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
