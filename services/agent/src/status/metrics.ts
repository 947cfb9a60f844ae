import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

export interface EndedTurn {
  readonly mode: string | undefined
  readonly flow: string | undefined
  /** OK, ABANDONED, or the code of the problem. */
  readonly outcome: string
  readonly durationMs: number
  readonly firstTokenMs: number | undefined
}

const durationBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120]

/** What Prometheus gets to know of the turns, beside the process’s own metrics. No label comes from what was said. */
export class TurnMetrics {
  readonly registry = new Registry()
  readonly #inFlight = new Gauge({
    name: 'agent_turns_in_flight',
    help: 'Chat turns under way.',
    registers: [this.registry],
  })
  readonly #turns = new Counter({
    name: 'agent_turns_total',
    help: 'Chat turns that ended, by mode, flow and outcome (OK, ABANDONED or a problem code).',
    labelNames: ['mode', 'flow', 'outcome'],
    registers: [this.registry],
  })
  readonly #duration = new Histogram({
    name: 'agent_turn_duration_seconds',
    help: 'How long chat turns took.',
    labelNames: ['mode', 'flow'],
    buckets: durationBuckets,
    registers: [this.registry],
  })
  readonly #firstToken = new Histogram({
    name: 'agent_turn_first_token_seconds',
    help: 'How long the first text of an answer took.',
    labelNames: ['mode', 'flow'],
    buckets: durationBuckets,
    registers: [this.registry],
  })

  turnStarted(): void {
    this.#inFlight.inc()
  }

  turnEnded({ mode = 'none', flow = 'none', outcome, durationMs, firstTokenMs }: EndedTurn): void {
    this.#inFlight.dec()
    this.#turns.inc({ mode, flow, outcome })
    this.#duration.observe({ mode, flow }, durationMs / 1000)
    if (firstTokenMs !== undefined) this.#firstToken.observe({ mode, flow }, firstTokenMs / 1000)
  }

  /** Adds CPU, memory, event loop and garbage collection of this process. */
  watchProcess(): void {
    collectDefaultMetrics({ register: this.registry })
  }
}
