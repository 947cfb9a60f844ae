import type { TraceStep, TurnEvent } from '@entra-agents/trace'
import type { FastifyBaseLogger } from 'fastify'
import type { TurnMetrics } from '../status/metrics.ts'
import type { RunningTurn } from './running-turn.ts'

/**
 * Writes the log line and the metrics of a turn that is over. Neither holds any text of the conversation; the
 * line has the ids by which the logs of Entra and AWS know the turn's requests.
 *
 * @param last the last event that the turn's reader took
 */
export function reportTurn(
  { turn, model, firstTokenMs, elapsedMs: durationMs }: RunningTurn,
  last: TurnEvent | undefined,
  log: FastifyBaseLogger,
  metrics: TurnMetrics,
): void {
  const { id: turnId, agent, mode, flow, trace } = turn
  const failure = last?.event === 'problem' ? last.data : undefined
  const outcome = (last && outcomeOfLastEvent[last.event]) ?? failure?.code ?? 'ABANDONED'
  metrics.turnEnded({ agent: agent.name, mode, flow, outcome }, durationMs, firstTokenMs)
  const { steps } = trace
  const line = {
    turnId,
    agent: agent.name,
    mode,
    flow,
    model,
    outcome,
    upstream: failure?.upstream,
    tokenIds: idsOf(steps, 'tokenId'),
    awsRequestIds: idsOf(steps, 'awsRequestId'),
    ...metrics.spend.count({ agent: agent.name, flow, model: model ?? '' }, steps),
    durationMs: Math.round(durationMs),
    firstTokenMs: firstTokenMs === undefined ? undefined : Math.round(firstTokenMs),
  }
  log[failure && failure.status >= 500 ? 'warn' : 'info'](line, failure?.detail ?? 'Turn.')
}

const outcomeOfLastEvent: Partial<Record<TurnEvent['event'], string>> = { result: 'OK', pause: 'PAUSED' }

function idsOf(steps: readonly TraceStep[], name: 'tokenId' | 'awsRequestId'): readonly string[] {
  return [...new Set(steps.flatMap(({ logIds }) => logIds?.[name] ?? []))]
}
