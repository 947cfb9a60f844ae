import { expect, it } from 'vitest'
import { pageProblem } from '../agent/page-problem.ts'
import { nextActions } from './next-actions.ts'

const choice = {
  modes: ['direct', 'bedrock'],
  flows: ['autonomous', 'obo'],
  canSignIn: true,
  isSignedIn: false,
} as const
const claimsChallenge = '{"access_token":{}}'
const needsUser = 'TOOL_NEEDS_A_PERSON'

// biome-ignore format: table
const cases: readonly [what: string, code: string, status?: number, choice?: Partial<Parameters<typeof nextActions>[2]>][] = [
  ['the flow needs a user', 'SIGN_IN_REQUIRED'],
  ['the flow needs a user, and nobody can sign in', 'SIGN_IN_REQUIRED', 0, { canSignIn: false }],
  ['Conditional Access has a challenge', 'CONDITIONAL_ACCESS_REQUIRED'],
  ['signing in does not help, since an administrator has to consent', 'CONSENT_REQUIRED'],
  ['a call needs a user', needsUser, 403],
  ['a call needs a user, who is signed in', needsUser, 403, { isSignedIn: true }],
  ['a call needs a user, and the agent cannot act for one', needsUser, 403, { flows: ['autonomous', 'agent-user'] }],
  ['a call needs a user, and nobody can sign in', needsUser, 403, { canSignIn: false }],
  ['the question has no answer', 'CITY_NOT_FOUND', 404],
  ['direct mode does not understand the question', 'CITY_NOT_RECOGNISED', 422],
  ['direct mode does not understand the question, and there is no other', 'CITY_NOT_RECOGNISED', 422, { modes: ['direct'] }],
  ['the model is out of reach', 'BEDROCK_UNREACHABLE', 502],
  ['the model is throttled', 'BEDROCK_THROTTLED', 429],
  ['an approval has expired', 'APPROVAL_EXPIRED', 410],
  ['an approval is invalid', 'APPROVAL_INVALID', 400],
  ['the connection broke while an answer came in', 'ANSWER_BROKEN_OFF'],
]

it('a policy that blocks is an administrator’s to lift: nobody is asked to sign in', () => {
  const problem = { ...pageProblem('SIGN_IN_FAILED'), code: 'CONDITIONAL_ACCESS_REQUIRED' }
  const blocked = {
    ...problem,
    blockedByPolicy: true as const,
    policyIds: ['5f1b2c1e-7d1c-4f0e-9a46-0c4f2a6d9b11'],
  }
  expect(nextActions(blocked, { mode: 'direct' }, choice)).toEqual([{ label: 'Ask again' }])
  expect(nextActions(problem, { mode: 'direct' }, choice)[0]?.label).toBe('Continue in the sign-in window')
})

it.each([
  [['autonomous', 'obo'], 'Sign in and ask'],
  [['autonomous'], 'Ask again'],
] as const)('an agent with %j that lacks an app role is asked again by %s first', (flows, label) => {
  const needs = { api: 'orders-api', permission: 'Orders.Read.All', kind: 'role' } as const
  const problem = { ...pageProblem('SIGN_IN_FAILED'), code: 'API_FORBIDDEN', status: 403, needs }
  expect(nextActions(problem, { mode: 'direct' }, { ...choice, flows })[0]?.label).toBe(label)
})

it('each failure offers what can help next', async () => {
  const lines = cases.map(([what, code, status, more]) => {
    const problem = { ...pageProblem('SIGN_IN_FAILED'), code, ...(status && { status }), claimsChallenge }
    const actions = nextActions(problem, { mode: 'direct' }, { ...choice, ...more })
    const words = actions.map(({ label, ...rest }) =>
      [label, JSON.stringify(rest)].join(' ').replace(' {}', ''),
    )
    return `# ${what}\n${words.join('\n') || 'nothing'}\n`
  })
  await expect(lines.join('\n')).toMatchFileSnapshot('next-actions.txt')
})
