import { publicConfig } from '@entra-agents/trace-view/testing/public-config'
import { step } from '@entra-agents/trace-view/testing/trace'
import { orderCall, pauseOf } from '@entra-agents/trace-view/testing/waiting'
import { describeNames } from '@entra-agents/trace-view/words/names'
import { describe, expect, it } from 'vitest'
import type { DecidedCall, Exchange } from '../conversation/exchange.ts'
import { tellEnd } from './tell-end.ts'

const names = describeNames(publicConfig)
const told = (exchange: Partial<Exchange>) => {
  const end = tellEnd({ steps: [], state: 'done', ...exchange }, names)
  return end && `${end.outcome.kind}, ${end.outcome.words}: ${end.how}`
}
const waits = (kind: 'approval' | 'step-up' | 'consent') =>
  told({ state: 'waiting', pause: pauseOf({ kind, agent: 'default', mode: 'bedrock', flow: 'obo' }) })
const decided = (...calls: (readonly [DecidedCall['decision'], DecidedCall['kind']?])[]) =>
  calls.map(([decision, kind]) => ({ ...orderCall, decision, ...(kind && { kind }) }))
const needs = { api: 'orders-api', permission: 'Orders.ReadWrite', kind: 'scope' } as const
const refusal = {
  type: 't',
  title: 'Refused.',
  status: 403,
  detail: '',
  hint: '',
  code: 'API_FORBIDDEN',
  requestId: 'r',
  needs,
}
const refused = step('w', { kind: 'tool', status: 'failed', problem: refusal })

describe('Side by side says where a change ended:', () => {
  // biome-ignore format: table
  it.each([
    ['by approval, which is waited for', waits('approval'), 'waiting, Held by approval: Nothing is sent until you decide.'],
    ['by step-up, which is waited for', waits('step-up'), 'waiting, Held by step-up: You approved it, and the API wants a second factor.'],
    ['by consent, which is waited for', waits('consent'), 'waiting, Held by consent: Nothing is sent until you consent.'],
    ['by approval, which was not given', told({ decided: decided(['deny']) }), 'denied, Stopped by approval: You did not approve it.'],
    ['by step-up, which was not given', told({ decided: decided(['approve'], ['deny', 'step-up']) }), 'denied, Stopped by step-up: You approved it, and gave no second factor.'],
    ['by a right that is missing', told({ steps: [refused] }), 'denied, Stopped by right: The agent lacks Orders.ReadWrite at Orders API.'],
    ['nowhere, if all was given', told({ decided: decided(['approve'], ['approve', 'step-up']) }), 'allowed, Let through: You approved it and gave a second factor.'],
    ['not yet, while it runs', told({ state: 'running', decided: decided(['approve']) }), undefined],
    ['not at all, if nothing was to be changed', told({}), undefined],
  ])('%s', (_where, words, expected) => {
    expect(words).toBe(expected)
  })
})
