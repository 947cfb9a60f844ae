import { type ComponentHealth, type ProblemError, toProblem } from '@entra-agents/service-kit'

export interface AvailabilityOptions {
  /** Asks the model for one token, and throws if this fails. If `undefined`, Bedrock is never probed. */
  readonly probe: ((signal: AbortSignal) => Promise<void>) | undefined
  /** The fault of the configuration that is known before any call of Bedrock; `undefined` if no fault is known. */
  readonly known: ProblemError | undefined
}

/** The time between the starts of two probes, and between a call that succeeded and the next probe. */
const probeIntervalMs = 10 * 60_000
/** The time until the next probe after a failure. */
const probeAfterFailureMs = 60_000

/** Failures of a single request, which say nothing about Bedrock's availability. */
const codesOfSingleAnswers: ReadonlySet<string> = new Set([
  'BEDROCK_STREAM_BROKEN',
  'BEDROCK_REQUEST_INVALID',
  'BEDROCK_INPUT_TOO_LONG',
])

/** Remembers what turns and occasional probes have shown about Bedrock. A request for the status never causes a call of Bedrock. */
export class BedrockAvailability {
  #health: ComponentHealth
  #workedMs = Number.NEGATIVE_INFINITY
  /** When the last probe began, or the last call of a turn ended. */
  #checkedMs = Number.NEGATIVE_INFINITY
  #isStarted = false
  #timer: NodeJS.Timeout | undefined
  #probing: AbortController | undefined
  readonly #options: AvailabilityOptions

  constructor(options: AvailabilityOptions) {
    this.#options = options
    this.#health =
      options.known === undefined ? { state: 'unknown' } : { state: 'unavailable', problem: options.known }
  }

  get health(): ComponentHealth {
    return this.#health
  }

  /** Probes at once if there was no call yet, then `probeIntervalMs` after a success or `probeAfterFailureMs` after a failure. */
  start(): void {
    const { probe, known } = this.#options
    if (probe === undefined || known !== undefined || this.#isStarted) return
    this.#isStarted = true
    this.#continue()
  }

  stop(): void {
    this.#isStarted = false
    clearTimeout(this.#timer)
    this.#probing?.abort()
  }

  /** Records that a call of a turn succeeded. */
  succeeded(): void {
    this.#checkedMs = Date.now()
    this.#works()
  }

  /** Records that a call of a turn failed. */
  failed(problem: ProblemError): void {
    if (codesOfSingleAnswers.has(problem.code)) return
    this.#checkedMs = Date.now()
    this.#fails(problem)
  }

  #works(): void {
    this.#workedMs = Date.now()
    this.#health = { state: 'ready', checkedAt: new Date(this.#workedMs).toISOString() }
    this.#continue()
  }

  #fails(problem: ProblemError): void {
    const failedMs = Date.now()
    if (problem.code !== 'BEDROCK_THROTTLED') {
      this.#health = { state: 'unavailable', checkedAt: new Date(failedMs).toISOString(), problem }
    } else if (this.#options.probe !== undefined) {
      // Throttling ends by itself, and other calls may succeed meanwhile. Without probes, throttling is not recorded: nothing would show its end.
      const worksStill = this.#health.state === 'ready' && failedMs - this.#workedMs < probeIntervalMs
      this.#health = worksStill
        ? { ...this.#health, problem }
        : { state: 'unknown', checkedAt: new Date(failedMs).toISOString(), problem }
    }
    this.#continue()
  }

  /** Sets the timer of the next probe, counted from the last probe or call. */
  #continue(): void {
    clearTimeout(this.#timer)
    if (!this.#isStarted || this.#probing) return
    const worked = this.#health.state === 'ready' && this.#health.problem === undefined
    const dueMs = this.#checkedMs + (worked ? probeIntervalMs : probeAfterFailureMs)
    this.#timer = setTimeout(() => void this.#probe(), Math.max(dueMs - Date.now(), 0))
    this.#timer.unref()
  }

  async #probe(): Promise<void> {
    const controller = new AbortController()
    this.#probing = controller
    this.#checkedMs = Date.now()
    try {
      await this.#options.probe?.(controller.signal)
      this.#works()
    } catch (error) {
      const problem = toProblem(error)
      if (!controller.signal.aborted && !codesOfSingleAnswers.has(problem.code)) this.#fails(problem)
    } finally {
      this.#probing = undefined
      this.#continue()
    }
  }
}
