import type { TokenCard } from '@entra-agents/trace'
import { describe, expect, it } from 'vitest'
import { agentToken, ownToken, userToken } from '../testing/trace.ts'
import { compareAnswers, compareTokens, groupComparedClaims, tally } from './comparison.ts'

function compare(...[left, right]: Parameters<typeof compareTokens>) {
  return new Map(compareTokens(left, right).map(claim => [claim.name, claim]))
}

it('two answers are the same if they have the same words and the same identity', () => {
  const itself = (id: string) => ({ question: 'For whom', value: 'Itself', detail: [], id })
  expect(compareAnswers(itself('a'), itself('a'))).toBe('same')
  expect(compareAnswers(itself('a'), itself('b'))).toBe('changed')
})

it('all claims that differ come before all unchanged claims if `isKeptLast` is set', () => {
  const claims = compareTokens(userToken, agentToken)
  const signs = (isKeptLast: boolean) =>
    groupComparedClaims(claims, isKeptLast).flatMap(({ claims: members }) =>
      members.map(({ sign }) => (sign === 'same' ? 'kept' : 'differs')),
    )
  const isSorted = (isKeptLast: boolean) => signs(isKeptLast).join() === signs(isKeptLast).sort().join()
  expect([isSorted(true), isSorted(false)]).toEqual([true, false])
  expect(signs(true)).toHaveLength(claims.length)
})

describe('compareTokens', () => {
  it('finds what is the same, changed, added and removed', () => {
    const claims = compare(userToken, agentToken)
    const signs = ['oid', 'aud', 'xms_act_fct'].map(name => claims.get(name)?.sign)
    expect(signs).toEqual(['same', 'changed', 'added'])
    expect(compare(agentToken, ownToken).get('scp')?.sign).toBe('removed')
  })

  it('aligns claims that v1 and v2 tokens spell differently', () => {
    const claims = compare(userToken, agentToken)
    expect(claims.get('azp')).toMatchObject({
      left: userToken.claims?.['azp'],
      right: agentToken.claims?.['appid'],
      sign: 'changed',
    })
    expect(claims.has('appid')).toBe(false)
  })

  it('teaches what the exchange of Tc for TR means', () => {
    const claims = compare(userToken, agentToken)
    expect(claims.get('aud')?.lesson).toContain('opens one door')
    expect(claims.get('azp')?.lesson).toContain('who really calls')
    expect(claims.get('oid')?.lesson).toContain('Still you')
    expect(claims.get('sub')?.lesson).toContain('Pairwise')
    expect(claims.get('ver')?.lesson).toContain('form of the tokens')
  })

  it('never calls the subject “you” if a token is about the agent', () => {
    expect(compare(userToken, ownToken).get('oid')?.lesson).toBe('Not you: the agent itself.')
    const pretended = { ...ownToken, claims: { ...ownToken.claims, oid: userToken.claims?.['oid'] } }
    expect(compare(userToken, pretended).get('oid')?.lesson).toBe('Not you: the agent itself.')
  })

  it('teaches how two tokens of the agent differ', () => {
    const claims = compare(ownToken, agentToken)
    expect(claims.get('azp')?.lesson).toContain('same agent')
    expect(claims.get('roles')?.lesson).toContain('Its own')
    expect(claims.get('scp')?.lesson).toContain('Delegated')
  })

  it('teaches how tokens of two agents differ', () => {
    const { roles: _roles, ...claims } = { ...ownToken.claims, azp: 'trainee', oid: 'trainee', roles: [] }
    const compared = compare({ ...ownToken, claims }, ownToken)
    expect(compared.get('azp')?.lesson).toContain('Two agents')
    expect(compared.get('roles')?.lesson).toContain('not to the other')
  })

  it('teaches that both tokens result from the same sign-in', () => {
    const withSession = (card: TokenCard) => ({ ...card, claims: { ...card.claims, sid: 'x' } })
    expect(compare(withSession(userToken), withSession(agentToken)).get('sid')?.lesson).toContain(
      'same sign-in',
    )
  })

  it('counts what was kept, changed, added and removed', () => {
    expect(tally(compareTokens(userToken, agentToken))).toEqual({ same: 3, changed: 5, added: 3, removed: 0 })
  })

  it('treats the names of built-in properties like any other claim', () => {
    expect(compare(userToken, { ...agentToken, claims: { constructor: 'x' } }).get('constructor')?.sign).toBe(
      'added',
    )
  })
})
