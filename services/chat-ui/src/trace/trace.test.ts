import type { TokenCard, TraceStep } from '@entra-bedrock-agent/identity-trace'
import { describe, expect, it } from 'vitest'
import {
  agentId as agent,
  apiId as api,
  blueprintId as blueprint,
  pageId,
  publicConfig,
  tenantId,
} from '../testing/public-config.ts'
import { groupClaims } from './claims.ts'
import { describeNames, shortenIds } from './names.ts'
import { nestSteps, type StepNode } from './step-tree.ts'
import { formatDistance, formatDuration } from './times.ts'
import { tellToken } from './token-story.ts'

const names = describeNames(publicConfig)

describe('describeNames', () => {
  it.each([
    [agent.toUpperCase(), 'agent identity'],
    [`api://${api}`, 'Orders API'],
    [`https://sts.windows.net/${tenantId}/`, 'this tenant'],
    [blueprint, 'blueprint'],
    ['fb60f99c-7a34-4190-8149-302f77469936', 'Entra token exchange'],
    ['ffffffff-0000-4000-8000-00000000000f', undefined],
    ['not an id', undefined],
  ])('names %s', (id, name) => {
    expect(names.id(id)).toBe(name)
  })

  it.each([
    ['user', 'You'],
    ['orders-api', 'Orders API'],
    ['an-api-of-tomorrow', 'an-api-of-tomorrow'],
  ])('gives the actor %s its title', (actor, title) => {
    expect(names.actor(actor)).toBe(title)
  })
})

describe('shortenIds', () => {
  it('keeps enough of each id to tell them apart', () => {
    expect(shortenIds(`TR: agent ${agent} calls ${api}`)).toBe('TR: agent bbbbbbbb… calls aaaaaaaa…')
  })
})

describe('groupClaims', () => {
  it('puts claims into groups, in the order of the questions that they answer', () => {
    const groups = groupClaims({ exp: 1, aud: api, azp: agent, never_seen: { a: 1 } }, names)
    expect(groups.map(({ title, claims }) => [title, claims.map(claim => claim.text)])).toEqual([
      ['Who', [agent]],
      ['To whom', [api]],
      ['When', ['1']],
      ['Other and internal', ['{"a":1}']],
    ])
  })

  it('reads times, lists, ids and personal claims', () => {
    const claims = groupClaims({ iat: 1_795_572_000, roles: ['A', 'B'], azp: agent, name: 'Ada' }, names)
    const byName = new Map(claims.flatMap(group => group.claims).map(claim => [claim.name, claim]))
    expect(byName.get('iat')?.time?.toISOString()).toBe('2026-11-25T02:00:00.000Z')
    expect(byName.get('roles')?.text).toBe('A B')
    expect(byName.get('azp')?.standsFor).toBe('agent identity')
    expect(byName.get('name')?.personal).toBe(true)
    expect(byName.get('azp')?.personal).toBe(false)
  })

  it.each([-1e308, 1e308, Number.NaN, '1', null])('shows the time %s, which is none, as it stands', exp => {
    const [when] = groupClaims({ exp }, names)
    expect(when?.claims[0]).toMatchObject({ time: undefined })
  })

  it('takes claims with the names of built-in properties for what they are: unknown', () => {
    expect(groupClaims({ constructor: 'x' }, names)[0]?.title).toBe('Other and internal')
  })
})

describe('tellToken', () => {
  const card = (role: TokenCard['role'], claims: TokenCard['claims']): TokenCard => ({
    role,
    observed: true,
    ...(claims ? { claims } : {}),
  })

  it('says that the agent acts as itself', () => {
    expect(tellToken(card('TR', { azp: agent, aud: api, idtyp: 'app' }), names, false)).toBe(
      'The agent identity acts as itself towards the Orders API. No user is involved.',
    )
  })

  it.each([
    [false, 'The agent identity acts on behalf of the signed-in user towards the Orders API.'],
    [true, 'The agent identity acts on behalf of Ada Osei towards the Orders API.'],
  ])('names the user only when that may be shown (%s)', (showPersonal, sentence) => {
    const claims = { appid: agent, aud: `api://${api}`, idtyp: 'user', name: 'Ada Osei' }
    expect(tellToken(card('TR', claims), names, showPersonal)).toBe(sentence)
  })

  it('knows a user’s token by its scopes where idtyp is missing', () => {
    expect(tellToken(card('TR', { azp: agent, aud: api, scp: 'Orders.Read' }), names, false)).toContain(
      'on behalf of',
    )
  })

  it('says whom the user lets act', () => {
    expect(tellToken(card('Tc', { azp: pageId, aud: blueprint }), names, false)).toBe(
      'The signed-in user lets this page call the blueprint, and nothing else.',
    )
  })

  it('makes do without claims', () => {
    expect(tellToken(card('TR', undefined), names, false)).toMatch(/^The agent acts as itself/)
  })
})

describe('nestSteps', () => {
  const step = (id: string, parentId?: string): TraceStep => ({
    id,
    ...(parentId ? { parentId } : {}),
    kind: 'tool',
    from: 'agent',
    to: 'sidecar',
    title: id,
    status: 'ok',
    startedAt: '',
  })
  const shape = (nodes: readonly StepNode[]): string =>
    nodes.map(({ step: { id }, children }) => `${id}(${shape(children)})`).join('')

  it('puts steps under their parents and keeps the order', () => {
    expect(shape(nestSteps([step('a'), step('b', 'a'), step('c'), step('d', 'b'), step('e', 'a')]))).toBe(
      'a(b(d())e())c()',
    )
  })

  it('marks a token that an earlier step has shown', () => {
    const token: TokenCard = { role: 'TR', observed: true, fingerprint: 'ba7816bf8f01' }
    const nodes = nestSteps([{ ...step('a'), token }, step('b'), { ...step('c'), token }])
    expect(nodes.map(({ tokenSeen }) => tokenSeen)).toEqual([false, false, true])
  })

  it('shows a step at the top while its parent is unknown', () => {
    expect(shape(nestSteps([step('b', 'a')]))).toBe('b()')
  })
})

describe('times', () => {
  const now = new Date('2026-11-25T10:00:00Z')
  it.each([
    ['2026-11-25T09:59:57Z', '3 seconds ago'],
    ['2026-11-25T10:58:00Z', 'in 58 minutes'],
    ['2026-11-25T22:00:00Z', 'in 12 hours'],
    ['2026-11-28T10:00:00Z', 'in 3 days'],
  ])('tells how far %s is away', (moment, distance) => {
    expect(formatDistance(new Date(moment), now)).toBe(distance)
  })

  it.each([
    [0.42, '0.4 ms'],
    [12.3, '12 ms'],
    [3_249, '3.2 s'],
  ])('shortens a duration of %s ms', (ms, text) => {
    expect(formatDuration(ms)).toBe(text)
  })
})
