import { describe, expect, it } from 'vitest'
import { agentId, apiId, publicConfig } from '../testing/public-config.ts'
import { describeNames } from '../words/names.ts'
import { groupClaims } from './claims.ts'

const names = describeNames(publicConfig)

function viewsOf(claims: Record<string, unknown>) {
  return new Map(groupClaims(claims, names).flatMap(group => group.claims.map(claim => [claim.name, claim])))
}

describe('groupClaims', () => {
  it('puts claims into groups, in the order of the questions that they answer', () => {
    const groups = groupClaims({ exp: 1, aud: apiId, azp: agentId, never_seen: { a: 1 } }, names)
    expect(groups.map(({ title, claims }) => [title, claims.map(claim => claim.text)])).toEqual([
      ['Who called', [agentId]],
      ['To whom', [apiId]],
      ['When', ['1']],
      ['Internals', ['{"a":1}']],
    ])
  })

  it('reads times, lists and ids', () => {
    const views = viewsOf({ iat: 1_795_572_000, roles: ['A', 'B'], azp: agentId })
    expect(views.get('iat')?.time?.toISOString()).toBe('2026-11-25T02:00:00.000Z')
    expect(views.get('roles')?.text).toBe('A B')
    expect(views.get('azp')?.standsFor).toBe('agent identity')
  })

  it('explains numbers that it cannot read', () => {
    const views = viewsOf({ xms_sub_fct: '2 3', xms_tnt_fct: '3 8', xms_tcdt: 1_600_000_000, sid: 'x' })
    expect(views.get('xms_sub_fct')?.meaning).toContain('neither = somebody else')
    expect(views.get('xms_sub_fct')?.meaning).toContain('other numbers may be ignored')
    expect(views.get('xms_tnt_fct')?.meaning).toContain('not documented')
    expect(views.get('xms_tcdt')?.time?.toISOString()).toBe('2020-09-13T12:26:40.000Z')
    expect(views.get('sid')?.meaning).toContain('The session in which the user signed in')
  })

  it('says what the numbers of facets mean, and ignores those that nobody has named', () => {
    const views = viewsOf({
      xms_act_fct: '9 3 11',
      xms_sub_fct: '13',
      xms_idrel: '1 22',
      azpacr: '2',
      xms_rd: '11',
    })
    const meanings = ['xms_act_fct', 'xms_sub_fct', 'xms_idrel', 'azpacr', 'xms_rd'].map(
      name => views.get(name)?.standsFor,
    )
    expect(meanings).toEqual([
      'agent identity',
      'agent user',
      'member',
      'certificate or signed assertion',
      undefined,
    ])
  })

  it.each([-1e308, 1e308, Number.NaN, '1', null])('shows the time %s, which is none, as it stands', exp => {
    expect(viewsOf({ exp }).get('exp')?.time).toBeUndefined()
  })

  it('takes claims with the names of built-in properties for what they are: unknown', () => {
    expect(groupClaims({ constructor: 'x', toString: 'y' }, names).map(({ title }) => title)).toEqual([
      'Internals',
    ])
  })
})
