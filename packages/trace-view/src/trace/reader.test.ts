import type { Problem, TraceStep } from '@entra-agents/trace'
import { expect, it } from 'vitest'
import { publicConfig } from '../testing/public-config.ts'
import { agentToken, apiCall, exchangeToken, step, userToken } from '../testing/trace.ts'
import { challenge } from '../testing/waiting.ts'
import { describeNames } from '../words/names.ts'
import { viewClaims } from './claims.ts'
import { judgeTurn } from './judge.ts'
import { tellScenes } from './scenes.ts'
import { tellStory, tellToken } from './story.ts'
import { gatherFacts } from './turn-facts.ts'
import { writeFormulas } from './write-formula.ts'

const names = describeNames(publicConfig, false)
const problem = { title: 'No.', detail: '', code: 'API_FORBIDDEN', status: 401 } as Problem
const question = step('s', { kind: 'sign-in', token: userToken })
const exchange = [
  step('x', { kind: 'token-request', token: exchangeToken, status: 'not-observable' }),
  step('t', { kind: 'token', token: agentToken }),
]
const tool = (status: 'ok' | 'waiting', more: Partial<TraceStep> = {}) =>
  step('w', { kind: 'tool', status, tool: { name: 'create_order', arguments: {} }, ...more })
const refusedCall = (code: string, more: Partial<Problem> = {}) =>
  apiCall('r', agentToken, {
    parentId: 'w',
    status: 'failed',
    response: { status: 401 },
    problem: { ...problem, code, ...more },
  })
const approval = { decision: 'deny', digest: '', waitedMs: 1 } as const

it.each<[string, readonly TraceStep[]]>([
  ['a call', [question, ...exchange, apiCall('a', agentToken, { response: { status: 200 } })]],
  ['a sign-in without a token', [question]],
  ['a call that was left', [question, tool('waiting')]],
  ['a call that was declined', [question, tool('ok', { approval })]],
  ['a consent', [question, tool('waiting'), refusedCall('CONSENT_NEEDED')]],
  [
    'a stronger sign-in that was left',
    [question, ...exchange, tool('waiting'), refusedCall('STEP_UP_REQUIRED', { claimsChallenge: challenge })],
  ],
])('the trace of an opened file never calls its reader “you”: %s', (_what, steps) => {
  const facts = gatherFacts(steps, 'obo', false)
  const tokens = [userToken, agentToken]
  const told = [
    judgeTurn(facts, names),
    writeFormulas(facts, names),
    tellStory(facts, names),
    tellScenes(facts, names),
    tokens.map(card => tellToken(card, names, false)),
    tokens.map(card => viewClaims(card, names).map(({ standsFor }) => standsFor)),
  ]
  expect(JSON.stringify(told)).not.toMatch(/\byou(r|rs)?\b/i)
  expect(JSON.stringify(told)).toContain('The user who asked')
})

it('rewording for the reader does not change what is quoted from a token', () => {
  const card = { ...agentToken, claims: { ...agentToken.claims, name: 'You' } }
  const [formula] = writeFormulas(
    gatherFacts([step('t', { kind: 'token', token: card })], 'obo', false),
    names,
  )
  expect(formula?.result.card).toBe(card)
})
