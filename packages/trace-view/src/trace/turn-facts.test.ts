import type { TraceStep } from '@entra-agents/trace'
import { expect, it } from 'vitest'
import { apiCall, ownToken, step } from '../testing/trace.ts'
import { gatherFacts } from './turn-facts.ts'

/** How many members of steps are read to gather the facts of a turn with this number of tokens, each used for one call. */
function countReads(tokens: number): number {
  let reads = 0
  const counted = (one: TraceStep) =>
    new Proxy(one, {
      get: (target, name) => {
        reads++
        return Reflect.get(target, name)
      },
    })
  const steps = Array.from({ length: tokens }, (_, number) => {
    const card = { ...ownToken, fingerprint: number.toString(16).padStart(12, '0') }
    const refusal = { status: 'failed', response: { status: 401 }, parentId: `tool-${number}` } as const
    return [
      step(`tool-${number}`, { startedAt: '2026-11-25T10:00:00.000Z' }),
      step(`token-${number}`, { kind: 'token', token: card }),
      apiCall(`call-${number}`, card, refusal),
    ].map(counted)
  }).flat()
  const { uses } = gatherFacts(steps, 'autonomous', false)
  expect(
    uses.every(
      ({ outcome, since, calls }, index) =>
        outcome === 'more' && calls.length === 1 && since === 3 * index + 1,
    ),
  ).toBe(true)
  return reads
}

it('the work for a turn grows with its steps, not with its steps times its tokens', () => {
  expect(countReads(400)).toBeLessThan(countReads(200) * 2.1)
})
