import type { Mode, TurnEvent } from '@entra-bedrock-agent/identity-trace'
import type { Tracer } from '@opentelemetry/api'
import type { FastifyBaseLogger } from 'fastify'
import { problem } from '../problems.ts'
import type { TurnMetrics } from '../status/metrics.ts'
import { observeTurn } from './observe-turn.ts'
import { runTurn, type TurnRequest } from './run-turn.ts'
import type { AnswerMode } from './turn.ts'

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
  ): AsyncIterable<TurnEvent> {
    const { modes, turnTimeoutMs, concurrentTurns, metrics, tracer } = this.#options
    if (this.#running.size >= concurrentTurns) {
      metrics.turnRefused()
      throw problem('AGENT_BUSY', `${concurrentTurns} turns are under way.`, {
        headers: { 'retry-after': '1' },
      })
    }
    const events = runTurn(modes[mode], request, {
      timeoutMs: turnTimeoutMs,
      controller,
      metrics,
      tracer,
      onUnexpectedError: err => log.error({ err }, 'A turn met an unexpected error.'),
    })
    return observeTurn(events, {
      log,
      metrics,
      onStart: () => this.#running.add(controller),
      onEnd: () => this.#running.delete(controller),
    })
  }

  /** Ends what still runs with AGENT_STOPPING. */
  stop(): void {
    for (const controller of this.#running) {
      controller.abort(problem('AGENT_STOPPING', 'The agent is being stopped.'))
    }
  }
}
