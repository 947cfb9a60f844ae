import type { Identity } from '../caller.ts'
import { type DenialScope, DeniedTokens } from './denied-tokens.ts'
import { type DenyListSource, openSource } from './source.ts'

/** No deny list was read yet, so it is unknown whether a token is denied. */
export class DenyListUnavailable extends Error {
  override readonly name = 'DenyListUnavailable'
}

export interface DenyListOptions {
  /** A file, or an https URL. */
  readonly location: string
  /** Gets an error, repeated every minute, while the list cannot be read. */
  readonly log: Record<'info' | 'error', (fields: object, message: string) => void>
}

const alarmIntervalMs = 60_000

/**
 * A list of tokens that are refused, kept up to date: a file is read every second, a URL every 5 seconds. While it cannot
 * be read, the last list that was read stays in force.
 */
export class DenyList {
  readonly #source: DenyListSource
  readonly #log: DenyListOptions['log']
  readonly #createdMs = performance.now()
  #text: string | undefined
  #denied: DeniedTokens | undefined
  #readMs: number | undefined
  #alarmedMs = Number.NEGATIVE_INFINITY
  #look: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #isClosed = false

  /**
   * Begins to read the list.
   *
   * @throws {TypeError} for a URL that is not https
   */
  constructor({ location, log }: DenyListOptions) {
    this.#source = openSource(location)
    this.#log = log
    this.refresh()
  }

  /** Whether the list could be read at least once. */
  get isRead(): boolean {
    return this.#denied !== undefined
  }

  /** Seconds since the list was last seen to be up to date; if it was never read, since this object was made. */
  get ageSeconds(): number {
    return (performance.now() - (this.#readMs ?? this.#createdMs)) / 1000
  }

  /** Reads the list at once or, if a read is under way, again as soon as that read has ended. Never throws. */
  refresh(): Promise<void> {
    clearTimeout(this.#timer)
    const look = Promise.resolve(this.#look).then(async () => {
      await this.#lookNow()
      if (this.#look !== look || this.#isClosed) return
      this.#look = undefined
      this.#timer = setTimeout(() => this.refresh(), this.#source.pollMs).unref()
    })
    this.#look = look
    return look
  }

  /** Resolves as soon as a list was read. @throws {DenyListUnavailable} when the first read failed */
  async ready(): Promise<void> {
    if (!this.isRead) await this.#look
    if (!this.isRead) throw new DenyListUnavailable('The deny list could not be read yet.')
  }

  /**
   * Why a token is denied; `undefined` if it is not.
   *
   * @param issuedAt the token's `iat`, in seconds since 1970
   * @throws {DenyListUnavailable} when no list was read yet
   */
  find(identity: Identity, issuedAt: number): DenialScope | undefined {
    if (!this.#denied) throw new DenyListUnavailable('The deny list could not be read yet.')
    return this.#denied.find(identity, issuedAt)
  }

  close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    return this.#source.close()
  }

  async #lookNow(): Promise<void> {
    const { name: source } = this.#source
    try {
      const text = await this.#source.read()
      if (text !== this.#text) {
        this.#denied = DeniedTokens.parse(text)
        this.#text = text
        this.#log.info({ source, rows: this.#denied.size }, 'The deny list was read.')
      } else if (this.#alarmedMs > Number.NEGATIVE_INFINITY) {
        this.#log.info({ source }, 'The deny list can be read again; it is the same.')
      }
      this.#readMs = performance.now()
      this.#alarmedMs = Number.NEGATIVE_INFINITY
    } catch (error) {
      if (!this.#isClosed) this.#alarm(error)
    }
  }

  #alarm(error: unknown): void {
    const now = performance.now()
    if (now - this.#alarmedMs < alarmIntervalMs) return
    this.#alarmedMs = now
    const { message: reason } = error as Error
    const what = { source: this.#source.name, reason, ageSeconds: Math.round(this.ageSeconds) }
    this.#log.error(what, this.isRead ? outdatedMessage : neverReadMessage)
  }
}

const outdatedMessage = 'The deny list cannot be read. The last one goes on, and may be out of date.'
const neverReadMessage = 'The deny list cannot be read, and was never read: no token passes.'
