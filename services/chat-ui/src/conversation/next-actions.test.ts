import { describe, expect, it } from 'vitest'
import { type PageProblem, pageProblem } from '../agent/page-problem.ts'
import { nextActions } from './next-actions.ts'

const choice = {
  modes: ['direct', 'bedrock'],
  flows: ['autonomous', 'obo'],
  canSignIn: true,
  isSignedIn: false,
} as const
const failureWith = (code: string, more: Partial<PageProblem> = {}) => ({
  ...pageProblem('SIGN_IN_FAILED'),
  code,
  ...more,
})
const actions = (problem: PageProblem, more: Partial<Parameters<typeof nextActions>[2]> = {}) =>
  nextActions(problem, { mode: 'direct' }, { ...choice, ...more })
const labels = (...given: Parameters<typeof actions>) => actions(...given).map(({ label }) => label)

describe('the next actions', () => {
  it('offer sign-in if the flow needs a user', () => {
    const problem = pageProblem('SIGN_IN_REQUIRED')
    expect(actions(problem)).toEqual([{ label: 'Sign in and ask', interaction: { kind: 'choose-account' } }])
    expect(labels(problem, { canSignIn: false })).toEqual(['Ask again'])
  })

  it('pass the Conditional Access challenge to the sign-in window of the same user', () => {
    const claimsChallenge = '{"access_token":{}}'
    expect(actions(failureWith('CONDITIONAL_ACCESS_REQUIRED', { claimsChallenge }))[0]?.interaction).toEqual({
      kind: 'prove-more',
      claimsChallenge,
    })
  })

  it('offer nothing but “Ask again” if signing in does not help, for example if an administrator has to consent', () => {
    expect(labels(failureWith('CONSENT_REQUIRED'))).toEqual(['Ask again'])
  })

  it('offer to ask on behalf of the user if a call needs a user, and nothing if the agent cannot act for a user', () => {
    const problem = failureWith('TOOL_NEEDS_A_PERSON', { status: 403 })
    const asked = { flow: 'obo' }
    expect(actions(problem, { isSignedIn: true })).toEqual([{ label: 'Ask on your behalf', asked }])
    expect(actions(problem)).toEqual([
      { label: 'Sign in and ask on your behalf', asked, interaction: { kind: 'choose-account' } },
    ])
    expect(actions(problem, { flows: ['autonomous', 'agent-user'] })).toEqual([])
    expect(actions(problem, { canSignIn: false })).toEqual([])
  })

  it('offer to edit a question that has no answer, and to ask the model what direct mode does not understand', () => {
    expect(labels(failureWith('CITY_NOT_FOUND', { status: 404 }))).toEqual(['Edit the question'])
    const problem = failureWith('CITY_NOT_RECOGNISED', { status: 422 })
    expect(labels(problem)).toEqual(['Edit the question', 'Ask in Bedrock mode'])
    expect(labels(problem, { modes: ['direct'] })).toEqual(['Edit the question'])
  })

  it.each([
    ['BEDROCK_UNREACHABLE', 502, ['Ask in Direct mode', 'Ask again']],
    ['BEDROCK_THROTTLED', 429, ['Ask again']],
    ['APPROVAL_EXPIRED', 410, ['Ask again']],
    ['APPROVAL_INVALID', 400, ['Ask again']],
  ])('after the problem %s (status %i) are %j', (code, status, expected) => {
    expect(labels(failureWith(code, { status }))).toEqual(expected)
  })
})
