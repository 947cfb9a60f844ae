import { Agent, request } from 'undici'
import type { Clock } from '../clock.ts'
import { EntraTimeoutError } from './failures.ts'
import { readRetryAfterMs } from './throttling.ts'

export interface EntraRequest {
  readonly method: 'GET' | 'POST'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

export interface EntraAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

const attemptTimeoutMs = 100_000
const retryDelayMs = 1000

/** Speaks HTTP to Entra the way MSAL does: 100 s for an attempt, no redirects followed, one retry where it may help. */
export class EntraHttpClient {
  readonly #agent = new Agent({ headersTimeout: 0, bodyTimeout: 0, keepAliveTimeout: 60_000 })
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * One attempt.
   *
   * @throws {EntraTimeoutError} when nothing came within 100 s.
   */
  async send({ url, method, headers, body }: EntraRequest, signal: AbortSignal): Promise<EntraAnswer> {
    const attempt = new AbortController()
    const stop = AbortSignal.any([signal, attempt.signal])
    const expiry = this.#clock.sleep(attemptTimeoutMs, stop).then(
      () => attempt.abort(new EntraTimeoutError('No answer in time.')),
      () => undefined,
    )
    try {
      const answer = await request(url, {
        method,
        headers,
        body: body ?? null,
        dispatcher: this.#agent,
        signal: stop,
      })
      return { status: answer.statusCode, headers: answer.headers, body: await answer.body.text() }
    } finally {
      attempt.abort()
      await expiry
    }
  }

  /**
   * Like {@link send}, and once more a second later after a 5xx without `Retry-After` or after a time-out.
   *
   * @throws {EntraTimeoutError} when the second attempt timed out as well.
   */
  async sendWithRetry(entraRequest: EntraRequest, signal: AbortSignal): Promise<EntraAnswer> {
    try {
      const answer = await this.send(entraRequest, signal)
      if (answer.status < 500 || readRetryAfterMs(answer, this.#clock.now()) !== undefined) return answer
    } catch (error) {
      if (!(error instanceof EntraTimeoutError)) throw error
    }
    await this.#clock.sleep(retryDelayMs, signal)
    return this.send(entraRequest, signal)
  }

  async close(): Promise<void> {
    await this.#agent.destroy()
  }
}
