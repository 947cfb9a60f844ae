import { describe, expect, it } from 'vitest'
import { pageProblem } from '../agent/page-problem.ts'
import { wayOn } from './way-on.ts'

describe('wayOn', () => {
  it('offers sign-in where a user is missing', () => {
    expect(wayOn(pageProblem('SIGN_IN_REQUIRED'))).toEqual({
      label: 'Sign in and ask',
      interaction: { kind: 'choose-account' },
    })
  })

  it('hands the Conditional Access challenge to the sign-in window of the same user', () => {
    const problem = { ...pageProblem('SIGN_IN_FAILED'), code: 'CONDITIONAL_ACCESS_REQUIRED' }
    expect(wayOn({ ...problem, claimsChallenge: '{"access_token":{}}' })?.interaction).toEqual({
      kind: 'prove-more',
      claimsChallenge: '{"access_token":{}}',
    })
  })

  it('only retries what signing in cannot mend, such as a consent that an administrator must give', () => {
    expect(wayOn({ ...pageProblem('SIGN_IN_FAILED'), code: 'CONSENT_REQUIRED' })).toBeUndefined()
  })
})
