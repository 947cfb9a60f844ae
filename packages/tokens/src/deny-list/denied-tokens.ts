import { isGuid } from '@entra-agents/service-kit'
import type { Identity } from '../caller.ts'

/** What is denied: with `agent`, every token of an agent; with `token`, only the token at hand, and a newer one may pass. */
export type DenialScope = 'agent' | 'token'

const tokenIdForm = /^[\w-]{1,64}$/
const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/
/** The last second of the year 9999: a larger number is not in seconds, and is refused. */
const latestTime = 253_402_300_799

/** The tokens that a deny list names. A look-up takes the same time however long the list is. */
export class DeniedTokens {
  /** The number of rows. */
  readonly size: number
  /** By client id of an agent, a time in seconds since 1970: the agent's tokens that were issued earlier are denied. */
  readonly #agents = new Map<string, number>()
  /** By object id of a subject, a time in seconds since 1970: the subject's tokens that were issued earlier are denied. */
  readonly #subjects = new Map<string, number>()
  readonly #tokens = new Set<string | undefined>()

  private constructor(rows: readonly unknown[]) {
    this.size = rows.length
    for (const [index, row] of rows.entries())
      if (!this.#add(row)) throw new Error(`Row ${index + 1} of the deny list is not understood.`)
  }

  /**
   * Reads a list: JSON, an array of `{"agent"}`, `{"agent", "issuedBefore"}`, `{"oid", "issuedBefore"}` and `{"uti"}`. Times are
   * ISO 8601 with a zone, or seconds since 1970. Any other row makes the whole list unreadable, since it may be the mistyped row of
   * an agent.
   *
   * @throws {Error}
   */
  static parse(json: string): DeniedTokens {
    let rows: unknown
    try {
      rows = JSON.parse(json)
    } catch {
      throw new Error('The deny list is not JSON, or only a part of it is there.')
    }
    if (!Array.isArray(rows)) throw new Error('The deny list is not an array of rows.')
    return new DeniedTokens(rows)
  }

  /** @param issuedAt the token's `iat`, in seconds since 1970 */
  find({ caller, objectId, tokenId }: Identity, issuedAt: number): DenialScope | undefined {
    const agentUntil = this.#agents.get(caller.toLowerCase()) ?? 0
    if (agentUntil === Number.POSITIVE_INFINITY) return 'agent'
    const until = Math.max(agentUntil, this.#subjects.get(objectId.toLowerCase()) ?? 0)
    return issuedAt < until || this.#tokens.has(tokenId) ? 'token' : undefined
  }

  /** Adds a row; `false` if it is not valid. */
  #add(row: unknown): boolean {
    const { agent, oid, uti, issuedBefore, ...others } = Object(row) as Record<string, unknown>
    const subjects = [agent, oid, uti].filter(id => id !== undefined)
    if (subjects.length !== 1 || Object.keys(others).length > 0) return false
    const until = issuedBefore === undefined ? undefined : readSeconds(issuedBefore)
    if (Number.isNaN(until)) return false
    if (isGuid(agent)) return putLatest(this.#agents, agent, until ?? Number.POSITIVE_INFINITY)
    if (isGuid(oid)) return until !== undefined && putLatest(this.#subjects, oid, until)
    if (typeof uti !== 'string' || !tokenIdForm.test(uti) || until !== undefined) return false
    this.#tokens.add(uti)
    return true
  }
}

/** If several rows have the same id, the row that denies most counts. */
function putLatest(times: Map<string, number>, id: string, until: number): true {
  const key = id.toLowerCase()
  times.set(key, Math.max(until, times.get(key) ?? until))
  return true
}

function readSeconds(time: unknown): number {
  if (typeof time === 'string' && isoTime.test(time)) return Date.parse(time) / 1000
  return Number.isInteger(time) && Number(time) >= 0 && Number(time) <= latestTime ? Number(time) : Number.NaN
}
