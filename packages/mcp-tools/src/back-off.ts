import type { ProblemError } from '@entra-agents/service-kit'

const firstDelayMs = 5_000
const maxDelayMs = 5 * 60_000

/** Exponential back-off after failures. */
export class BackOff {
  #problem: ProblemError | undefined
  #failures = 0
  #untilMs = 0

  /** The last problem, until the next attempt is due; `undefined` from then on. */
  get problem(): ProblemError | undefined {
    return performance.now() < this.#untilMs ? this.#problem : undefined
  }

  failed(problem: ProblemError): void {
    this.#problem = problem
    this.#untilMs = performance.now() + Math.min(firstDelayMs * 2 ** this.#failures, maxDelayMs)
    this.#failures += 1
  }

  worked(): void {
    this.#failures = 0
    this.#untilMs = 0
  }
}
