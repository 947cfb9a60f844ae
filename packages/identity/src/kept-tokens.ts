import { hash } from 'node:crypto'
import { SharedRequests } from '@entra-agents/service-kit'

/** A token, and until when it is used, in milliseconds since 1970. */
export interface KeptToken {
  readonly raw: string
  readonly usableUntil: number
}

const maxKept = 10_000

/** Tokens by what they were asked for with, until shortly before they expire. Equal requests under way are joined. The number is limited. */
export class KeptTokens {
  /** The token that was used last is at the end. */
  readonly #kept = new Map<string, KeptToken>()
  readonly #requests = new SharedRequests<KeptToken>()

  /**
   * @param what names agent, flow, user and API: whoever asks with the same gets the same token
   * @param isNew whether a kept token will not do
   */
  async get(
    what: readonly unknown[],
    isNew: boolean,
    signal: AbortSignal,
    obtain: (signal: AbortSignal) => Promise<KeptToken>,
  ): Promise<string> {
    // Users' tokens are among the parts of the key, so that only its hash is kept.
    const key = hash('sha256', JSON.stringify(what), 'base64url')
    const known = this.#kept.get(key)
    const isUsable = !isNew && known !== undefined && known.usableUntil > Date.now()
    const token = isUsable ? known : await this.#requests.join(`${key} ${isNew}`, signal, obtain)
    this.#kept.delete(key)
    this.#kept.set(key, token)
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > maxKept && oldest !== undefined) this.#kept.delete(oldest)
    return token.raw
  }

  clear(): void {
    this.#kept.clear()
  }
}
