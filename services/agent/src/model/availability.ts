import type { ProblemError } from '@entra-bedrock-agent/service-kit'

/** What was last seen of Bedrock. `ready` only after it answered. */
export interface BedrockSight {
  readonly state: 'ready' | 'unavailable' | 'unknown'
  /** ISO 8601, when it was seen. */
  readonly checkedAt?: string
  readonly problem?: ProblemError
}

export interface AvailabilityOptions {
  /** Asks Bedrock for one token; throws a ProblemError. `undefined` = never probe. */
  readonly probe: ((signal: AbortSignal) => Promise<void>) | undefined
  /** What is known to be wrong before any call. */
  readonly known: ProblemError | undefined
  /** At most one probe in this time, and none after a turn that showed the same. */
  readonly intervalMs?: number
  readonly now?: () => number
}

/** These say something about the one answer, nothing about Bedrock being there. */
const aboutOneAnswer: ReadonlySet<string> = new Set([
  'BEDROCK_STREAM_BROKEN',
  'BEDROCK_REQUEST_INVALID',
  'ANSWER_TRUNCATED',
  'STEP_LIMIT_REACHED',
])

/** Remembers what real turns and an occasional probe showed. It never asks Bedrock in order to answer a question. */
export class BedrockAvailability {
  #sight: BedrockSight
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
    this.#sight =
      options.known === undefined ? { state: 'unknown' } : { state: 'unavailable', problem: options.known }
  }

  get sight(): BedrockSight {
    return this.#sight
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

  /** A call was answered. */
  succeeded(): void {
    this.#see({ state: 'ready' })
  }

  /** A call failed. */
  failed(problem: ProblemError): void {
    if (!aboutOneAnswer.has(problem.code)) this.#see({ state: 'unavailable', problem })
  }

  #see(sight: Omit<BedrockSight, 'checkedAt'>): void {
    this.#seenMs = this.#now()
    this.#sight = { ...sight, checkedAt: new Date(this.#seenMs).toISOString() }
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
      if (!controller.signal.aborted) this.failed(error as ProblemError)
    } finally {
      this.#probing = undefined
    }
  }
}
