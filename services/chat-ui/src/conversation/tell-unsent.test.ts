import { step } from '@entra-agents/trace-view/testing/trace'
import { expect, it } from 'vitest'
import { pageProblem } from '../agent/page-problem.ts'
import { exchange } from '../testing/converse.ts'
import { type Exchange, failExchange } from './exchange.ts'
import { tellArrived, tellStop, tellUnsent } from './tell-unsent.ts'

const waiting = step('w', { status: 'waiting' })
const call = step('c', { kind: 'api-call', parentId: 'w', status: 'failed' })
const approved = { title: 'Order', arguments: {}, stepId: 'w', decision: 'approve' } as const
const left = (more: Partial<Exchange> = {}) => exchange('x', { state: 'stopped', unsent: 'left', ...more })
const read = { ...call, status: 'ok' } as const
const consent = { ...approved, kind: 'consent' } as const

// biome-ignore format: table
it.each([
  ['was left', left(), 'Left undecided: not sent, and nothing was changed.'],
  ['expired', left({ unsent: 'expired' }), 'Expired: not sent, and nothing was changed.'],
  ['was left after the API wanted a stronger sign-in', left({ steps: [waiting, call], decided: [approved] }), 'Left after you approved: the API refused the call, and nothing was changed.'],
  ['was left after the API had told what the call would change', left({ steps: [waiting, read] }), 'Left undecided: not sent, and nothing was changed.'],
  ['was left after a call that was approved', left({ steps: [step('w')], decided: [approved] }), 'The call that still waited was not sent. What you approved before it was done.'],
  ['was left after a consent, which changes nothing', left({ steps: [step('w')], decided: [consent] }), 'Left undecided: not sent, and nothing was changed.'],
])('An answer that ended while it waited says that it %s', (_what, ended, words) => {
  expect(tellUnsent(ended)).toBe(words)
})

it('An answer that is not complete says whether the user stopped it or left the page', () => {
  expect(tellStop(left())).toBe('This answer was stopped.')
  expect(tellStop(left({ isCutOff: true, decided: [approved] }))).toBe(
    'The page was left before this answer was complete. What you approved may have been done.',
  )
})

it('An answer whose connection broke keeps what had arrived, and says how much that is', () => {
  const part = exchange('x', { answer: 'It is\n\nraining', steps: [waiting] })
  for (const code of ['ANSWER_BROKEN_OFF', 'AGENT_SILENT'] as const) {
    const broken = failExchange(part, pageProblem(code))
    expect(broken).toMatchObject({ answer: part.answer, steps: part.steps })
    expect(tellArrived(broken)).toBe('Arrived, and kept here: 3 words of the answer and 1 step of its trace.')
    expect(tellArrived({ ...broken, answer: '', steps: [] })).toBe('Nothing of it had arrived.')
  }
  expect(tellArrived(failExchange(part, pageProblem('AGENT_UNREACHABLE')))).toBe('')
})
