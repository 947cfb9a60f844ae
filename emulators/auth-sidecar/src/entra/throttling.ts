import type { Clock } from '../clock.ts'
import type { EntraRefusalError } from './failures.ts'
import type { EntraAnswer } from './http-client.ts'

const longestMs = 3_600_000
const mostEntries = 10_000

/**
 * Keeps to a `Retry-After` as MSAL does: until it has passed, the same question (application, authority, scopes)
 * gets the same answer again without Entra being asked.
 */
export class RetryAfterThrottle {
  readonly #refusals = new Map<string, { readonly refusal: EntraRefusalError; readonly untilMs: number }>()
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** @throws {EntraRefusalError} the remembered one, while it stands. */
  check(question: string): void {
    const entry = this.#refusals.get(question)
    if (!entry) return
    if (entry.untilMs > this.#clock.now()) throw entry.refusal
    this.#refusals.delete(question)
  }

  remember(question: string, answer: EntraAnswer, refusal: EntraRefusalError): void {
    const waitMs = readRetryAfterMs(answer, this.#clock.now())
    if (waitMs === undefined) return
    const [oldest] = this.#refusals.keys()
    if (this.#refusals.size >= mostEntries && oldest !== undefined) this.#refusals.delete(oldest)
    this.#refusals.set(question, { refusal, untilMs: this.#clock.now() + Math.min(waitMs, longestMs) })
  }
}

/** `Retry-After` as seconds or as a date (RFC 9110 §10.2.3), in milliseconds from now; `undefined` without a usable one. */
export function readRetryAfterMs(answer: EntraAnswer, nowMs: number): number | undefined {
  const header = answer.headers['retry-after']
  if (typeof header !== 'string') return undefined
  if (/^\d+$/.test(header)) return Number(header) * 1000
  const dateMs = Date.parse(header)
  return Number.isNaN(dateMs) ? undefined : dateMs - nowMs
}
