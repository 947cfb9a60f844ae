import { approvalProblem } from './problems.ts'

const maxRememberedApprovals = 10_000

/** What became of a continuation when it came. */
interface Use {
  /** Seconds since 1970. */
  readonly exp: number
  readonly decisions: string
  /** The ids of its calls that may have been carried out. */
  readonly sent: ReadonlySet<string>
  readonly mayRepeat: boolean
}

/** Continuations that came, with what was decided. Known to this process only, and limited in number. */
export class UsedApprovals {
  readonly #used = new Map<string, Use>()

  /**
   * @returns the ids of the calls that may have been carried out when the continuation came before
   * @throws ProblemError APPROVAL_USED
   */
  use(jti: string, exp: number, decisions: string): ReadonlySet<string> {
    const before = this.#used.get(jti)
    if (before?.mayRepeat === false) throw approvalProblem('APPROVAL_USED', 'It came before.')
    if (before && before.decisions !== decisions)
      throw approvalProblem('APPROVAL_USED', 'Another decision came before, and a call was sent.')
    const now = Date.now() / 1000
    for (const [other, { exp: until }] of this.#used) {
      if (until > now && this.#used.size < maxRememberedApprovals) break
      this.#used.delete(other)
    }
    const sent = before?.sent ?? new Set()
    this.#used.set(jti, { exp, decisions, sent, mayRepeat: false })
    return sent
  }

  /**
   * Lets a continuation come again: with the same decisions if calls may have been carried out, with any if none was. To be
   * called only if all calls that were sent are safe to send again.
   */
  release(jti: string, sent: readonly string[]): void {
    const use = this.#used.get(jti)
    if (!use) return
    const all = new Set([...use.sent, ...sent])
    if (all.size === 0) this.#used.delete(jti)
    else this.#used.set(jti, { ...use, sent: all, mayRepeat: true })
  }
}
