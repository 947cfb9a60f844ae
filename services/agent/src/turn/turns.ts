import type { Mode, TurnEvent } from '@entra-bedrock-agent/identity-trace'
import type { Tracer } from '@opentelemetry/api'
import type { FastifyBaseLogger } from 'fastify'
import { problem } from '../problems.ts'
import type { TurnMetrics } from '../status/metrics.ts'
import { runTurn, type TurnRequest } from './run-turn.ts'
import type { AnswerMode } from './turn.ts'
import { TurnReport } from './turn-report.ts'

export interface TurnsOptions {
  readonly modes: Readonly<Record<Mode, AnswerMode>>
  readonly turnTimeoutMs: number
  readonly concurrentTurns: number
  readonly metrics: TurnMetrics
  readonly tracer?: Tracer | undefined
}

/** The turns under way in this process: bounded in number, and ended when the process has to stop. */
export class Turns {
  readonly #running = new Set<AbortController>()
  readonly #options: TurnsOptions

  constructor(options: TurnsOptions) {
    this.#options = options
  }

  /**
   * Starts a turn; it runs, and counts as running, while its events are read. Aborting the controller says that the client went away.
   *
   * @throws ProblemError AGENT_BUSY
   */
  start(
    mode: Mode,
    request: TurnRequest,
    controller: AbortController,
    log: FastifyBaseLogger,
  ): AsyncIterable<readonly TurnEvent[]> {
    const { modes, turnTimeoutMs, concurrentTurns, metrics, tracer } = this.#options
    if (this.#running.size >= concurrentTurns) {
      metrics.turnRefused()
      throw problem('AGENT_BUSY', `${concurrentTurns} turns are under way.`, {
        headers: { 'retry-after': '1' },
      })
    }
    const report = new TurnReport()
    return runTurn(modes[mode], request, {
      timeoutMs: turnTimeoutMs,
      controller,
      metrics,
      tracer,
      observer: {
        turnStarted: () => {
          this.#running.add(controller)
          metrics.turnStarted()
        },
        eventsTaken: events => {
          for (const event of events) report.add(event)
        },
        turnEnded: () => {
          this.#running.delete(controller)
          report.write(log, metrics)
        },
      },
      onUnexpectedError: err => log.error({ err }, 'A turn met an unexpected error.'),
    })
  }

  /** Ends what still runs with AGENT_STOPPING. */
  stop(): void {
    for (const controller of this.#running) {
      controller.abort(problem('AGENT_STOPPING', 'The agent is being stopped.'))
    }
  }
}
