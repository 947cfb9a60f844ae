import type { TokenCard } from '@entra-agents/trace'
import { describe, expect, it } from 'vitest'
import { tenantId } from '../testing/public-config.ts'
import {
  accountId,
  accountToken,
  agentToken,
  apiCall,
  ownToken,
  step,
  userId,
  userToken,
} from '../testing/trace.ts'
import { noMasking, redactorFor, stepsAsJson } from './redactor.ts'

const redactorOf = (claims: TokenCard['claims'] & {}) =>
  redactorFor([step('a', { token: { ...userToken, claims } })])
const claimsShown = (token: TokenCard) => {
  const steps = [step('a', { token })]
  return redactorFor(steps).steps(steps)[0]?.token?.claims
}

describe('redactorFor', () => {
  const steps = [
    step('a', { token: userToken, title: `You are ${userId.toUpperCase()}` }),
    step('b', { token: agentToken }),
    apiCall('c', agentToken, {
      response: { status: 200, body: { on_behalf_of: userId, greeting: 'Hello, Ada Osei!' } },
    }),
  ]
  const redactor = redactorFor(steps)
  const redact = redactor.text

  it('hides the user and the tenant wherever they occur', () => {
    expect(redact(`https://sts.windows.net/${tenantId}/`)).toBe('https://sts.windows.net/‹tenant hidden›/')
    expect(redact(`You are ${userId.toUpperCase()}`)).toBe('You are ‹user oid hidden›')
    expect(redact('Hello, Ada Osei!')).toBe('Hello, ‹name hidden›!')
  })

  it('masks different values differently', () => {
    expect(redact('subject-at-the-blueprint, subject-at-the-api')).toBe(
      '‹user sub hidden›, ‹user sub 2 hidden›',
    )
  })

  it('leaves the agent’s own ids and the name of its user account readable, but not that account’s address, which names the tenant', () => {
    expect(redactorFor([step('a')]), 'nothing to hide').toBe(noMasking)
    expect(claimsShown(ownToken)?.['oid']).toBe(ownToken.claims?.['oid'])
    expect(claimsShown(accountToken)).toMatchObject({
      oid: accountId,
      name: 'Orders agent',
      preferred_username: '‹preferred_username hidden›',
      tid: '‹tenant hidden›',
    })
  })

  it('takes names literally, not as patterns', () => {
    const { text } = redactorOf({ name: 'A.*(b|c)', email: ['a@b.example', 7], upn: '' })
    expect(text('A.*(b|c) a@b.example Axxb')).toBe('‹name hidden› ‹email hidden› Axxb')
    const country = redactorOf({ ctry: 'LI', name: 'Li' })
    expect(country.text('Hello Li.'), 'nor as the user’s country').toBe('Hello ‹name hidden›.')
  })

  it('makes a copy of the steps, as JSON, that contains neither user nor tenant', () => {
    const copy = stepsAsJson(redactor.steps(steps))
    expect(JSON.parse(copy)).toHaveLength(3)
    for (const secret of [userId, tenantId, 'Ada', 'subject-at'])
      expect(copy.toLowerCase()).not.toContain(secret.toLowerCase())
    expect(stepsAsJson(noMasking.steps(steps))).toContain('Ada Osei')
  })

  it('leaves a step with nothing to hide unchanged', () => {
    const call = apiCall('c', ownToken, { startedAt: '2026-11-25T10:00:00.000Z', durationMs: 3 })
    expect(redactor.steps([call])).toEqual([call])
  })

  it.each([
    ['a name of two letters', 'name', 'Bo', '‹name hidden›'],
    ['two addresses', 'email', ['ada@contoso.example', 'a@b'], '‹email hidden› ‹email 2 hidden›'],
    ['a number', 'puid', 10_032, '‹puid hidden›'],
    ['a subject inside an object', 'xms_st', { sub: 'subject-elsewhere' }, '‹xms_st hidden›'],
    ['the session', 'sid', '006cf2c2-9ab3-4b1e-8d0c-6ad0a1c6b6a0', '‹sid hidden›'],
    ['the home tenant', 'idp', `https://sts.example/${userId}/`, 'https://sts.example/‹tenant hidden›/'],
  ])('hides %s in the claim `%s`', (_what, name, value, shown) => {
    const claims = { idtyp: 'user', [name]: value }
    expect(claimsShown({ ...agentToken, claims })?.[name]).toBe(shown)
  })

  it('hides the subject of a token that came from the user, whatever its claims say', () => {
    const claims = { oid: userId, sub: 'subject-at-the-blueprint' }
    const hidden = { oid: '‹user oid hidden›', sub: '‹user sub hidden›' }
    expect(claimsShown({ ...userToken, claims })).toEqual(hidden)
  })

  it.each([
    ['in an address', 'http://x/7?for=%C4%B0rem%20%22Ada%22%20Osei', 'http://x/7?for=‹name hidden›'],
    ['in a form', 'for=%C4%B0rem+%22Ada%22+Osei&x=1', 'for=‹name hidden›&x=1'],
    ['in JSON inside a text', '{"text":"İrem \\"Ada\\" Osei"}', '{"text":"‹name hidden›"}'],
    ['in upper or lower case', 'irem or İREM "ADA" OSEI', 'irem or ‹name hidden›'],
  ])('recognises a name that is written %s', (_where, text, shown) => {
    expect(redactorOf({ name: 'İrem "Ada" Osei' }).text(text)).toBe(shown)
  })

  it('hides values also in problems, in ids for logs, in headers and in names of members', () => {
    const people = { title: 'Not for Ada Osei.', detail: 'Ada Osei', hint: 'Ask Ada Osei.' }
    const problem = { type: '', status: 403, code: 'X', requestId: '', ...people }
    const told = apiCall('c', agentToken, {
      problem,
      logIds: { correlationId: userId },
      response: { status: 200, body: [{ [userId]: { 'Ada Osei': 7 } }] },
      token: { ...agentToken, header: { kid: tenantId } },
    })
    expect(stepsAsJson(redactor.steps([told]))).not.toMatch(/ada osei|eeeeeeee|11111111-2222/i)
  })

  it.each([
    ['a longer value', 'Ada Osei, or Ada', '‹name hidden›, or ‹given_name hidden›'],
    ['a value around it', 'my.ada@contoso.example, Ada', '‹upn hidden›, ‹given_name hidden›'],
    ['a value of which only the beginning is there', 'my.ada', 'my.‹given_name hidden›'],
    ['a value before', 'Ada Osei-Ito, Osei-Ito', '‹name hidden›, ‹family_name hidden›'],
  ])('leaves no rest of %s', (_what, text, shown) => {
    const names = { given_name: 'Ada', name: 'Ada Osei', family_name: 'Osei-Ito' }
    expect(redactorOf({ ...names, upn: 'my.ada@contoso.example' }).text(text)).toBe(shown)
  })
})
