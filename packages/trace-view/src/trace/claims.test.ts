import type { TokenCard } from '@entra-agents/trace'
import { describe, expect, it } from 'vitest'
import { agentId, apiId, publicConfig } from '../testing/public-config.ts'
import { describeNames } from '../words/names.ts'
import { actsAsOf, groupClaims, groupTitles, viewClaims } from './claims.ts'

const names = describeNames(publicConfig)

const groupsOf = (claims: Record<string, unknown>) =>
  groupClaims(viewClaims({ role: 'TR', observed: true, claims }, names)).map(({ group, ...members }) => ({
    title: groupTitles[group],
    ...members,
  }))

function viewsOf(claims: Record<string, unknown>) {
  return new Map(viewClaims({ role: 'TR', observed: true, claims }, names).map(view => [view.name, view]))
}

describe('the view of a token’s claims', () => {
  it('does not list the issuer among the claims about the caller', () => {
    const groups = groupsOf({ azp: agentId, iss: 'https://entra/', tid: 't' })
    expect(groups.map(({ title, claims }) => [title, claims.map(({ name }) => name)])).toEqual([
      ['Who called', ['azp']],
      ['Issued by', ['iss', 'tid']],
    ])
  })

  it('puts claims into groups, in the order of the questions that they answer', () => {
    const groups = groupsOf({ exp: 1, aud: apiId, azp: agentId, never_seen: { a: 1 } })
    expect(groups.map(({ title, claims }) => [title, claims.map(claim => claim.text)])).toEqual([
      ['Who called', [agentId]],
      ['To whom', [apiId]],
      ['When', ['1']],
      ['Internals', ['{"a":1}']],
    ])
  })

  it('shows a time as a date, a list as words, and an id with what it stands for', () => {
    const views = viewsOf({ iat: 1_795_572_000, roles: ['A', 'B'], azp: agentId })
    expect(views.get('iat')?.time?.toISOString()).toBe('2026-11-25T02:00:00.000Z')
    expect(views.get('roles')?.text).toBe('A B')
    expect(views.get('azp')?.standsFor).toBe('agent identity')
  })

  it('explains a claim even if the meaning of its numbers is unknown', () => {
    const views = viewsOf({ xms_sub_fct: '2 3', xms_tnt_fct: '3 8', xms_tcdt: 1_600_000_000, sid: 'x' })
    expect(views.get('xms_sub_fct')?.meaning).toContain('neither = somebody else')
    expect(views.get('xms_sub_fct')?.meaning).toContain('other numbers may be ignored')
    expect(views.get('xms_tnt_fct')?.meaning).toContain('not documented')
    expect(views.get('xms_tcdt')?.time?.toISOString()).toBe('2020-09-13T12:26:40.000Z')
    expect(views.get('sid')?.meaning).toContain('The session in which the user signed in')
  })

  it('explains the known numbers of facets and ignores undocumented numbers', () => {
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

  it.each([-1e308, 1e308, Number.NaN, '1', null])('shows no date for the invalid time %s', exp => {
    expect(viewsOf({ exp }).get('exp')?.time).toBeUndefined()
  })

  it('treats claims with the names of built-in properties as unknown claims', () => {
    expect(groupsOf({ constructor: 'x', toString: 'y' }).map(({ title }) => title)).toEqual(['Internals'])
  })
})

describe('actsAsOf', () => {
  const card = (more: Partial<TokenCard>): TokenCard => ({ role: 'TR', observed: true, ...more })

  // biome-ignore format: table
  it.each<[ReturnType<typeof actsAsOf>, string, TokenCard]>([
    ['agent', 'an app role', card({ claims: { idtyp: 'app', roles: ['Orders.Read.All'] } })],
    ['user', 'a scope', card({ claims: { scp: 'Orders.Read' } })],
    ['user', 'facets that no agent has', card({ claims: { scp: 'Orders.Read', xms_sub_fct: '2 3' } })],
    ['agent-user', 'the facet of agent users', card({ claims: { scp: 'Orders.Read', xms_sub_fct: '1 13' } })],
    ['agent-user', '`actsAs`, since no claim distinguishes it', card({ actsAs: 'agent-user', claims: { scp: 'Orders.Read' } })],
  ])('returns “%s” because of %s', (actsAs, _by, token) => {
    expect(actsAsOf(token)).toBe(actsAs)
  })

  it('keeps the view of claims from calling the agent’s user account “you”', () => {
    const claims = { oid: 'x', sub: 'y', scp: 'Orders.Read' }
    const views = viewClaims(card({ actsAs: 'agent-user', claims }), names)
    const meanings = views.map(({ standsFor }) => standsFor)
    expect(meanings.filter(meaning => /you/.test(meaning ?? ''))).toEqual([])
    expect(meanings).toContain('the agent’s user account')
  })
})
