import { type ProblemError, toProblem } from '@entra-bedrock-agent/service-kit'
import type { ComponentHealth } from '../status/health.ts'

export interface AvailabilityOptions {
  /** Asks Bedrock for one token, or throws. `undefined` = never probe. */
  readonly probe: ((signal: AbortSignal) => Promise<void>) | undefined
  /** What is known to be wrong before any call. */
  readonly known: ProblemError | undefined
  /** At most one probe in this time, and none after a turn that showed the same. */
  readonly intervalMs?: number
  readonly now?: () => number
}

/** These say something about the one request, nothing about Bedrock being there. */
const aboutOneAnswer: ReadonlySet<string> = new Set([
  'BEDROCK_STREAM_BROKEN',
  'BEDROCK_REQUEST_INVALID',
  'BEDROCK_INPUT_TOO_LONG',
  'ANSWER_TRUNCATED',
  'STEP_LIMIT_REACHED',
])

/** Remembers what real turns and an occasional probe showed. It never calls Bedrock just because the status is asked for. */
export class BedrockAvailability {
  #health: ComponentHealth
  #seenMs = Number.NEGATIVE_INFINITY
  #timer: NodeJS.Timeout | undefined
  #probing: AbortController | undefined
  readonly #options: AvailabilityOptions
  readonly #intervalMs: number
  readonly #now: () => number

  constructor(options: AvailabilityOptions) {
    this.#options = options
    this.#intervalMs = options.intervalMs ?? 10 * 60_000
    this.#now = options.now ?? Date.now
    this.#health =
      options.known === undefined ? { state: 'unknown' } : { state: 'unavailable', problem: options.known }
  }

  get health(): ComponentHealth {
    return this.#health
  }

  /** Probes at once and from then on where nothing was seen for an interval. */
  start(): void {
    if (this.#options.probe === undefined || this.#options.known !== undefined || this.#timer) return
    void this.#probeWhenDue()
    this.#timer = setInterval(() => void this.#probeWhenDue(), this.#intervalMs)
    this.#timer.unref()
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#probing?.abort()
  }

  /** A call succeeded. */
  succeeded(): void {
    this.#see({ state: 'ready' })
  }

  /** A call failed. */
  failed(problem: ProblemError): void {
    if (!aboutOneAnswer.has(problem.code)) this.#see({ state: 'unavailable', problem })
  }

  #see(health: Omit<ComponentHealth, 'checkedAt'>): void {
    this.#seenMs = this.#now()
    this.#health = { ...health, checkedAt: new Date(this.#seenMs).toISOString() }
  }

  async #probeWhenDue(): Promise<void> {
    const { probe } = this.#options
    if (probe === undefined || this.#probing || this.#now() - this.#seenMs < this.#intervalMs) return
    const controller = new AbortController()
    this.#probing = controller
    try {
      await probe(controller.signal)
      this.succeeded()
    } catch (error) {
      if (!controller.signal.aborted) this.failed(toProblem(error))
    } finally {
      this.#probing = undefined
    }
  }
}
