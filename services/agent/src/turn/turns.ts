import type { Mode, TurnEvent } from '@entra-agents/trace'
import { problem } from '../problems.ts'
import { RunningTurn, type TurnObservers, type TurnRequest } from './running-turn.ts'
import type { AnswerMode } from './turn.ts'
import { reportTurn } from './turn-report.ts'

export interface TurnsOptions extends TurnObservers {
  readonly modes: Readonly<Record<Mode, AnswerMode>>
  readonly turnTimeoutMs: number
  readonly concurrentTurns: number
}

/** The turns under way in this process: bounded in number, and ended when the process has to stop. */
export class Turns {
  readonly #running = new Set<RunningTurn>()
  readonly #options: TurnsOptions

  constructor(options: TurnsOptions) {
    this.#options = options
  }

  /**
   * Starts a turn, which runs, and counts as running, while its events are read. Each read gives all waiting events, in order.
   * The first event is `turn`. The last is one `result`, `pause` or `problem`, which is missing if the client went away.
   * Ending the iteration early aborts all calls of the turn.
   *
   * @throws ProblemError AGENT_BUSY
   */
  start(mode: Mode, request: TurnRequest): AsyncIterable<readonly TurnEvent[]> {
    const { modes, concurrentTurns, metrics } = this.#options
    if (this.#running.size >= concurrentTurns) {
      metrics.refused.inc()
      throw problem('AGENT_BUSY', `${concurrentTurns} turns are under way.`, {
        headers: { 'retry-after': '1' },
      })
    }
    return this.#run(modes[mode], request)
  }

  /** Ends all running turns with AGENT_STOPPING. */
  stop(): void {
    for (const turn of this.#running) turn.abort(problem('AGENT_STOPPING', 'The agent is being stopped.'))
  }

  async *#run(mode: AnswerMode, request: TurnRequest): AsyncGenerator<readonly TurnEvent[], void, undefined> {
    const { turnTimeoutMs, metrics } = this.#options
    const turn = new RunningTurn(mode, request, this.#options)
    const late = `No complete answer came within ${turnTimeoutMs / 1000} seconds.`
    const deadline = setTimeout(() => turn.abort(problem('TURN_TIMEOUT', late)), turnTimeoutMs)
    let last: TurnEvent | undefined
    this.#running.add(turn)
    metrics.inFlight.inc()
    try {
      void turn.answer()
      for (let events = await turn.nextEvents(); events; events = await turn.nextEvents()) {
        last = events.at(-1)
        yield events
      }
    } finally {
      clearTimeout(deadline)
      // Without a reason, `abort` would make an error with a stack trace, for every turn.
      turn.abort('The turn is over.')
      this.#running.delete(turn)
      reportTurn(turn, last, request.log, metrics)
    }
  }
}
