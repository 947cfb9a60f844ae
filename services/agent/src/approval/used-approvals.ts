import { approvalProblem } from './problems.ts'

const maxRememberedApprovals = 10_000

/**
 * Continuations whose calls are being made, or were made and must not be made again. Known to this process only, and limited in
 * number.
 */
export class UsedApprovals {
  readonly #used = new Map<string, number>()

  /** @throws ProblemError APPROVAL_USED */
  use(jti: string, exp: number): void {
    const now = Date.now() / 1000
    if (this.#used.has(jti)) throw approvalProblem('APPROVAL_USED', 'It came before.')
    for (const [other, until] of this.#used) {
      if (until > now && this.#used.size < maxRememberedApprovals) break
      this.#used.delete(other)
    }
    this.#used.set(jti, exp)
  }

  /** Lets a continuation be used again. To be called only if all calls that were made are safe to send again. */
  release(jti: string): void {
    this.#used.delete(jti)
  }
}
