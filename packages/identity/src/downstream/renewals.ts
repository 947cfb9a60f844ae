import type { AgentToken } from '../agent-token.ts'
import type { Caller } from '../caller.ts'
import type { DownstreamApi } from '../downstream-api.ts'

interface Renewal {
  readonly startedMs: number
  /** Of the token that the latest request obtained, or of the refused one if there was none; `undefined` while it is under way. */
  fingerprint?: string
}

const everyMs = 60_000

/**
 * Tokens past the source's cache after an API wanted a right that the cached token lacks: it may have been granted since then. At most
 * one a minute for each agent, flow, API and user, since an API may refuse every call.
 */
export class Renewals {
  /** In the order in which they started. */
  readonly #latest = new Map<string, Renewal>()

  /**
   * Obtains the token to call with in place of a refused one: a new one, or the cached one if another call has renewed that.
   *
   * @param obtain joins equal requests under way
   * @returns `undefined` if there is none with a further right
   */
  async renew<Step extends { readonly token: AgentToken }>(
    { agent, flow, user }: Caller,
    api: DownstreamApi,
    refused: AgentToken,
    obtain: (isNew: boolean) => Promise<Step>,
  ): Promise<Step | undefined> {
    const key = JSON.stringify([agent.clientId, flow, api.name, user?.objectId])
    this.#forgetOld()
    const renewal: Renewal = this.#latest.get(key) ?? { startedMs: performance.now() }
    if (renewal.fingerprint === refused.fingerprint) return undefined
    this.#latest.set(key, renewal)
    try {
      const renewed = await obtain(renewal.fingerprint === undefined)
      renewal.fingerprint = renewed.token.fingerprint
      const held = rightsIn(refused)
      return rightsIn(renewed.token).some(right => !held.includes(right)) ? renewed : undefined
    } catch {
      renewal.fingerprint ??= refused.fingerprint
      return undefined
    }
  }

  #forgetOld(): void {
    for (const [key, { startedMs }] of this.#latest) {
      if (performance.now() - startedMs < everyMs) return
      this.#latest.delete(key)
    }
  }
}

function rightsIn({ claims: { scp, roles } }: AgentToken): readonly unknown[] {
  return [...String(scp ?? '').split(' '), ...[roles].flat()].filter(Boolean)
}
