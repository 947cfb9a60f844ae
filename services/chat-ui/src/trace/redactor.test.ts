import { describe, expect, it } from 'vitest'
import { tenantId } from '../testing/public-config.ts'
import { agentToken, apiCall, ownToken, step, userId, userToken } from '../testing/trace.ts'
import { redactorFor, reveal, stepsAsJson } from './redactor.ts'

describe('redactorFor', () => {
  const steps = [
    step('a', { token: userToken, title: `You are ${userId.toUpperCase()}` }),
    step('b', { token: agentToken }),
    apiCall('c', agentToken, {
      response: { status: 200, body: { on_behalf_of: userId, greeting: 'Hello, Ada Osei!' } },
    }),
  ]
  const redact = redactorFor(steps)

  it('hides the user and the tenant wherever they stand', () => {
    expect(redact(`https://sts.windows.net/${tenantId}/`)).toBe('https://sts.windows.net/‹tenant›/')
    expect(redact(`You are ${userId.toUpperCase()}`)).toBe('You are ‹user oid›')
    expect(redact('Hello, Ada Osei!')).toBe('Hello, ‹name›!')
  })

  it('keeps different values apart', () => {
    expect(redact('subject-at-the-blueprint, subject-at-the-api')).toBe('‹user sub›, ‹user sub 2›')
  })

  it('leaves the agent’s own ids readable', () => {
    const own = redactorFor([step('a', { token: ownToken })])
    expect(own(`${ownToken.claims?.['oid']}`)).toBe(ownToken.claims?.['oid'])
  })

  it('takes names for what they are, not for patterns', () => {
    const tricky = { ...userToken, claims: { name: 'A.*(b|c)', email: ['a@b.example', 7], upn: '' } }
    expect(redactorFor([step('a', { token: tricky })])('A.*(b|c) a@b.example Axxb')).toBe(
      '‹name› ‹email› Axxb',
    )
  })

  it('hides nothing where there is nothing to hide', () => {
    expect(redactorFor([step('a')])).toBe(reveal)
  })

  it('makes a copy that holds neither user nor tenant', () => {
    const copy = stepsAsJson(steps, redact)
    expect(JSON.parse(copy)).toHaveLength(3)
    for (const secret of [userId, tenantId, 'Ada', 'subject-at'])
      expect(copy.toLowerCase()).not.toContain(secret.toLowerCase())
    expect(stepsAsJson(steps, reveal)).toContain('Ada Osei')
  })
})
