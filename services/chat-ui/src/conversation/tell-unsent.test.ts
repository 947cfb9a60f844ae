import { step } from '@entra-agents/trace-view/testing/trace'
import { describe, expect, it } from 'vitest'
import { type Exchange, startExchange } from './exchange.ts'
import { tellStop, tellUnsent } from './tell-unsent.ts'

const question = { message: 'x', agent: 'a', mode: 'direct', flow: 'obo' } as const
const exchange = (more: Partial<Exchange>): Exchange => ({
  ...startExchange(question),
  state: 'stopped',
  ...more,
})
const waitingStep = step('w', { status: 'waiting' })
const call = step('c', { kind: 'api-call', parentId: 'w', status: 'failed' })
const approvedCall = { title: 'Order', arguments: {}, stepId: 'w', decision: 'approve' } as const

describe('An answer that ended while it waited', () => {
  it.each([
    ['was left', { unsent: 'left' }, 'Left undecided: not sent, and nothing was changed.'],
    ['expired', { unsent: 'expired' }, 'Expired: not sent, and nothing was changed.'],
    [
      'was left after the API wanted a stronger sign-in',
      { unsent: 'left', steps: [waitingStep, call], decided: [approvedCall] },
      'Left undecided: the API refused the call, and nothing was changed.',
    ],
    [
      'was left after the API had told what the call would change',
      { unsent: 'left', steps: [waitingStep, { ...call, status: 'ok' }] },
      'Left undecided: not sent, and nothing was changed.',
    ],
    [
      'was left after a call that was approved',
      { unsent: 'left', steps: [step('w')], decided: [approvedCall] },
      'The call that still waited was not sent. What you approved before it was done.',
    ],
    [
      'was left after a consent, which changes nothing',
      { unsent: 'left', steps: [step('w')], decided: [{ ...approvedCall, kind: 'consent' }] },
      'Left undecided: not sent, and nothing was changed.',
    ],
  ] as const)('explains that it %s', (_what, more, words) => expect(tellUnsent(exchange(more))).toBe(words))
})

describe('An answer that is not complete', () => {
  it('says whether the user stopped it or left the page', () => {
    expect(tellStop(exchange({}))).toBe('This answer was stopped.')
    expect(tellStop(exchange({ isCutOff: true, decided: [approvedCall] }))).toBe(
      'The page was left before this answer was complete. What you approved may have been done.',
    )
  })
})
