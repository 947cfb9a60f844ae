import type { LogIds, Problem, TurnEvent, TurnStart } from '@entra-bedrock-agent/identity-trace'
import type { FastifyBaseLogger } from 'fastify'
import type { TurnMetrics } from '../status/metrics.ts'

/** How a turn ended, beside the codes of problems. */
type Outcome = 'OK' | 'ABANDONED' | Problem['code']

/**
 * Keeps what a turn's log line and metrics say of it. Neither holds a word that was said; the line has the ids by which Entra and
 * AWS know what was done.
 */
export class TurnReport {
  readonly #startedMs = performance.now()
  readonly #tokenIds = new Set<string>()
  readonly #awsRequestIds = new Set<string>()
  #turn: TurnStart | undefined
  #firstTokenMs: number | undefined
  #outcome: Outcome = 'ABANDONED'
  #failure: Problem | undefined

  add({ event, data }: TurnEvent): void {
    if (event === 'turn') this.#turn = data
    else if (event === 'delta') this.#firstTokenMs ??= performance.now() - this.#startedMs
    else if (event === 'step') this.#addIds(data.logIds)
    else if (event === 'result') this.#outcome = 'OK'
    else if (event === 'problem') {
      this.#failure = data
      this.#outcome = data.code
    }
  }

  #addIds({ tokenId, awsRequestId }: LogIds = {}): void {
    if (tokenId !== undefined) this.#tokenIds.add(tokenId)
    if (awsRequestId !== undefined) this.#awsRequestIds.add(awsRequestId)
  }

  write(log: FastifyBaseLogger, metrics: TurnMetrics): void {
    const { turnId, mode, flow, model } = this.#turn ?? {}
    const [outcome, failure, firstTokenMs] = [this.#outcome, this.#failure, this.#firstTokenMs]
    const durationMs = performance.now() - this.#startedMs
    metrics.turnEnded({ mode, flow, outcome, durationMs, firstTokenMs })
    const line = {
      turnId,
      mode,
      flow,
      model,
      outcome,
      upstream: failure?.upstream,
      tokenIds: [...this.#tokenIds],
      awsRequestIds: [...this.#awsRequestIds],
      durationMs: Math.round(durationMs),
      firstTokenMs: firstTokenMs === undefined ? undefined : Math.round(firstTokenMs),
    }
    log[failure && failure.status >= 500 ? 'warn' : 'info'](line, failure?.detail ?? 'Turn.')
  }
}
