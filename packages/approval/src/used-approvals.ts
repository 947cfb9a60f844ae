import { approvalProblem } from './problems.ts'

const maxRememberedApprovals = 10_000

interface Use {
  /** Seconds since 1970. */
  readonly exp: number
  readonly decisions: string
  /** Whether a call may have been carried out. */
  readonly wasSent: boolean
  readonly mayRepeat: boolean
}

/** Continuations that came, with what was decided. Known to this process only, and limited in number. */
export class UsedApprovals {
  readonly #used = new Map<string, Use>()

  /** @throws ProblemError APPROVAL_USED */
  use(jti: string, exp: number, decisions: string): void {
    const before = this.#used.get(jti)
    if (before && !(before.mayRepeat && before.decisions === decisions))
      throw approvalProblem('APPROVAL_USED', 'A decision came before.')
    const now = Date.now() / 1000
    for (const [other, { exp: until }] of this.#used) {
      if (until > now && this.#used.size < maxRememberedApprovals) break
      this.#used.delete(other)
    }
    this.#used.set(jti, { exp, decisions, wasSent: before?.wasSent === true, mayRepeat: false })
  }

  /**
   * Lets a continuation come again: with the same decisions if a call may have been carried out, now or before, else with any.
   * To be called only if all calls that were sent are safe to send again.
   */
  release(jti: string, wasSent: boolean): void {
    const use = this.#used.get(jti)
    if (use && (use.wasSent || wasSent)) this.#used.set(jti, { ...use, wasSent: true, mayRepeat: true })
    else this.#used.delete(jti)
  }
}
