import type { Problem, TurnEvent, TurnStart } from '@entra-bedrock-agent/identity-trace'
import type { FastifyBaseLogger } from 'fastify'
import type { TurnMetrics } from '../status/metrics.ts'

export interface TurnObservers {
  readonly log: FastifyBaseLogger
  readonly metrics: TurnMetrics
  readonly onEnd: () => void
}

/** How a turn ended, beside the codes of problems. */
type Outcome = 'OK' | 'ABANDONED' | Problem['code']

/** Passes a turn's events on; when it is over, writes one log line and the metrics. Neither holds a word that was said. */
export async function* observeTurn(
  events: AsyncIterable<TurnEvent>,
  { log, metrics, onEnd }: TurnObservers,
): AsyncGenerator<TurnEvent, void, undefined> {
  const startedMs = performance.now()
  let turn: TurnStart | undefined
  let firstTokenMs: number | undefined
  let outcome: Outcome = 'ABANDONED'
  let failure: Problem | undefined
  metrics.turnStarted()
  try {
    for await (const event of events) {
      if (event.event === 'turn') turn = event.data
      else if (event.event === 'delta') firstTokenMs ??= performance.now() - startedMs
      else if (event.event === 'result') outcome = 'OK'
      else if (event.event === 'problem') {
        failure = event.data
        outcome = failure.code
      }
      yield event
    }
  } finally {
    const durationMs = performance.now() - startedMs
    onEnd()
    metrics.turnEnded({ mode: turn?.mode, flow: turn?.flow, outcome, durationMs, firstTokenMs })
    const { turnId, mode, flow, model } = turn ?? {}
    const line = {
      turnId,
      mode,
      flow,
      model,
      outcome,
      upstream: failure?.upstream,
      durationMs: Math.round(durationMs),
      firstTokenMs: firstTokenMs === undefined ? undefined : Math.round(firstTokenMs),
    }
    log[failure && failure.status >= 500 ? 'warn' : 'info'](line, failure?.detail ?? 'Turn.')
  }
}
