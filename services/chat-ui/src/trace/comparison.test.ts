import { describe, expect, it } from 'vitest'
import { blueprintId, tenantId } from '../testing/public-config.ts'
import { agentToken, exchangeToken, ownToken, userToken } from '../testing/trace.ts'
import { compareTokens } from './comparison.ts'

function compare(...[left, right]: Parameters<typeof compareTokens>) {
  return new Map(compareTokens(left, right).map(claim => [claim.name, claim]))
}

describe('compareTokens', () => {
  it('tells what is the same, changed, added and removed', () => {
    const claims = compare(userToken, agentToken)
    const verdicts = ['oid', 'aud', 'xms_act_fct'].map(name => claims.get(name)?.verdict)
    expect(verdicts).toEqual(['same', 'changed', 'added'])
    expect(compare(agentToken, ownToken).get('scp')?.verdict).toBe('removed')
  })

  it('aligns claims that v1 and v2 tokens spell differently', () => {
    const claims = compare(userToken, agentToken)
    expect(claims.get('azp')).toMatchObject({
      left: userToken.claims?.['azp'],
      right: agentToken.claims?.['appid'],
      verdict: 'changed',
    })
    expect(claims.has('appid')).toBe(false)
  })

  it('teaches what the exchange of Tc for TR means', () => {
    const claims = compare(userToken, agentToken)
    expect(claims.get('aud')?.lesson).toContain('opens one door')
    expect(claims.get('azp')?.lesson).toContain('who really calls')
    expect(claims.get('oid')?.lesson).toContain('Still you')
    expect(claims.get('sub')?.lesson).toContain('Pairwise')
    expect(claims.get('ver')?.lesson).toBeUndefined()
  })

  it('never says “you” of a token that is about the agent', () => {
    expect(compare(userToken, ownToken).get('oid')?.lesson).toBe('Not you: the agent acts as itself.')
    const pretended = { ...ownToken, claims: { ...ownToken.claims, oid: userToken.claims?.['oid'] } }
    expect(compare(userToken, pretended).get('oid')?.lesson).toBe('Not you: the agent acts as itself.')
  })

  it('teaches how two tokens of the agent differ', () => {
    const claims = compare(ownToken, agentToken)
    expect(claims.get('azp')?.lesson).toContain('same agent')
    expect(claims.get('roles')?.lesson).toContain('Own rights')
    expect(claims.get('scp')?.lesson).toContain('Lent rights')
  })

  it('finds no difference to a token that nobody observed, whatever the protocol says of it', () => {
    const described = { ...exchangeToken, claims: { azp: blueprintId, tid: tenantId, idtyp: 'app' } }
    for (const [left, right] of [
      [described, ownToken],
      [ownToken, described],
    ] as const) {
      const claims = compare(left, right)
      expect([...claims.values()].map(({ verdict }) => verdict)).toEqual(
        Array.from({ length: 6 }, () => 'not-observed'),
      )
      expect([...claims.values()].filter(({ lesson }) => lesson)).toEqual([])
    }
  })

  it('takes the names of built-in properties for claims like any other', () => {
    expect(
      compare(userToken, { ...agentToken, claims: { constructor: 'x' } }).get('constructor')?.verdict,
    ).toBe('added')
  })
})
