import { recordingLogger } from '@entra-agents/identity/testing/fixtures'
import { expect, it } from 'vitest'
import { TurnMetrics } from '../status/metrics.ts'
import { noApprovals, turnRequest } from './testing/turn-request.ts'
import type { AnswerMode } from './turn.ts'
import { Turns } from './turns.ts'

/** `Turns` that lets one turn run at a time. */
function turnsOneAtATime(answer: AnswerMode['answer']) {
  const metrics = new TurnMetrics()
  const direct = { mode: 'direct', model: null, answer } as const
  const modes = { direct, bedrock: { ...direct, mode: 'bedrock' } } as const
  const turns = new Turns({
    modes,
    turnTimeoutMs: 60_000,
    concurrentTurns: 1,
    metrics,
    approvals: noApprovals,
  })
  const { logger } = recordingLogger()
  return {
    metrics,
    start: () => turns.start('direct', turnRequest(logger))[Symbol.asyncIterator](),
  }
}

async function readAll(events: AsyncIterator<unknown>): Promise<void> {
  while (!(await events.next()).done);
}

it('A turn is under way from the first read of its events until the turn ends or fails', async () => {
  const { start, metrics } = turnsOneAtATime(async () => {
    throw new Error('Broken.')
  })
  start()
  const running = start()
  await running.next()
  expect(() => start()).toThrow('1 turns are under way.')
  await readAll(running)
  await readAll(start())
  expect(await metrics.registry.metrics()).toMatch(/^agent_turns_in_flight 0$/m)
})

it('A turn is no longer under way when its reader stops reading', async () => {
  const { start, metrics } = turnsOneAtATime(() => new Promise(() => {}))
  const abandoned = start()
  await abandoned.next()
  await abandoned.return?.()
  await start().next()
  expect(await metrics.registry.metrics()).toMatch(/^agent_turns_in_flight 1$/m)
})
