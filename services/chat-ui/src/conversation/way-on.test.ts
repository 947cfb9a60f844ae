import { describe, expect, it } from 'vitest'
import { type PageProblem, pageProblem } from '../agent/page-problem.ts'
import { waysOn } from './way-on.ts'

const choice = {
  modes: ['direct', 'bedrock'],
  flows: ['autonomous', 'obo'],
  canSignIn: true,
  isSignedIn: false,
} as const
const failed = (code: string, more: Partial<PageProblem> = {}) => ({
  ...pageProblem('SIGN_IN_FAILED'),
  code,
  ...more,
})
const ways = (problem: PageProblem, more: Partial<Parameters<typeof waysOn>[2]> = {}) =>
  waysOn(problem, { mode: 'direct' }, { ...choice, ...more })
const labels = (...given: Parameters<typeof ways>) => ways(...given).map(({ label }) => label)

describe('the ways on', () => {
  it('are sign-in where a user is missing', () => {
    const problem = pageProblem('SIGN_IN_REQUIRED')
    expect(ways(problem)).toEqual([{ label: 'Sign in and ask', interaction: { kind: 'choose-account' } }])
    expect(labels(problem, { canSignIn: false })).toEqual(['Ask again'])
  })

  it('hand the Conditional Access challenge to the sign-in window of the same user', () => {
    const claimsChallenge = '{"access_token":{}}'
    expect(ways(failed('CONDITIONAL_ACCESS_REQUIRED', { claimsChallenge }))[0]?.interaction).toEqual({
      kind: 'prove-more',
      claimsChallenge,
    })
  })

  it('are only to ask again where signing in mends nothing, as with a consent that an administrator must give', () => {
    expect(labels(failed('CONSENT_REQUIRED'))).toEqual(['Ask again'])
  })

  it('lead to the same question on behalf of the user where a call needs one, and nowhere where the agent acts for none', () => {
    const problem = failed('TOOL_NEEDS_A_PERSON', { status: 403 })
    const asked = { flow: 'obo' }
    expect(ways(problem, { isSignedIn: true })).toEqual([{ label: 'Ask on your behalf', asked }])
    expect(ways(problem)).toEqual([
      { label: 'Sign in and ask on your behalf', asked, interaction: { kind: 'choose-account' } },
    ])
    expect(ways(problem, { flows: ['autonomous', 'agent-user'] })).toEqual([])
    expect(ways(problem, { canSignIn: false })).toEqual([])
  })

  it('are to edit a question that has no answer, and to ask the model what direct mode does not understand', () => {
    expect(labels(failed('CITY_NOT_FOUND', { status: 404 }))).toEqual(['Edit the question'])
    const problem = failed('CITY_NOT_RECOGNISED', { status: 422 })
    expect(labels(problem)).toEqual(['Edit the question', 'Ask in Bedrock mode'])
    expect(labels(problem, { modes: ['direct'] })).toEqual(['Edit the question'])
  })

  it.each([
    ['BEDROCK_UNREACHABLE', 502, ['Ask in Direct mode', 'Ask again']],
    ['BEDROCK_THROTTLED', 429, ['Ask again']],
    ['APPROVAL_EXPIRED', 410, ['Ask again']],
    ['APPROVAL_INVALID', 400, ['Ask again']],
  ])('of %s (%i) are %j', (code, status, expected) => {
    expect(labels(failed(code, { status }))).toEqual(expected)
  })
})
