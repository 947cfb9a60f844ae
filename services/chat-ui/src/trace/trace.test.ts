import type { TokenCard, TraceStep } from '@entra-bedrock-agent/identity-trace'
import { describe, expect, it } from 'vitest'
import type { PublicConfig } from '../agent/public-config.ts'
import { groupClaims } from './claims.ts'
import { nameIds, shortenIds } from './names.ts'
import { nestSteps, type StepNode } from './step-tree.ts'
import { formatDistance, formatDuration } from './times.ts'
import { tellToken } from './token-story.ts'

const agent = 'bbbbbbbb-0000-4000-8000-00000000000b'
const blueprint = 'cccccccc-0000-4000-8000-00000000000c'
const api = 'aaaaaaaa-0000-4000-8000-00000000000a'
const config: PublicConfig = {
  tenantId: '11111111-2222-4333-8444-555555555555',
  authority: '',
  spaClientId: 'dddddddd-0000-4000-8000-00000000000d',
  scopes: [`api://${blueprint}/access_as_user`],
  modes: [],
  flows: [],
  emulated: [],
  names: { [agent]: 'demo agent', [api]: 'weather API' },
}
const nameOf = nameIds(config)

describe('nameIds', () => {
  it.each([
    [agent.toUpperCase(), 'demo agent'],
    [`api://${api}`, 'weather API'],
    [`https://sts.windows.net/${config.tenantId}/`, 'this tenant'],
    [blueprint, 'blueprint'],
    ['fb60f99c-7a34-4190-8149-302f77469936', 'Entra token exchange'],
    ['ffffffff-0000-4000-8000-00000000000f', undefined],
    ['not an id', undefined],
  ])('names %s', (id, name) => {
    expect(nameOf(id)).toBe(name)
  })
})

describe('shortenIds', () => {
  it('keeps enough of each id to tell them apart', () => {
    expect(shortenIds(`TR: agent ${agent} calls ${api}`)).toBe('TR: agent bbbbbbbb… calls aaaaaaaa…')
  })
})

describe('groupClaims', () => {
  it('puts claims into groups, in the order of the questions that they answer', () => {
    const groups = groupClaims({ exp: 1, aud: api, azp: agent, never_seen: { a: 1 } }, nameOf)
    expect(groups.map(({ title, claims }) => [title, claims.map(claim => claim.text)])).toEqual([
      ['Who', [agent]],
      ['To whom', [api]],
      ['When', ['1']],
      ['Other and internal', ['{"a":1}']],
    ])
  })

  it('reads times, lists, ids and personal claims', () => {
    const claims = groupClaims({ iat: 1_795_572_000, roles: ['A', 'B'], azp: agent, name: 'Ada' }, nameOf)
    const byName = new Map(claims.flatMap(group => group.claims).map(claim => [claim.name, claim]))
    expect(byName.get('iat')?.time?.toISOString()).toBe('2026-11-25T02:00:00.000Z')
    expect(byName.get('roles')?.text).toBe('A B')
    expect(byName.get('azp')?.standsFor).toBe('demo agent')
    expect(byName.get('name')?.personal).toBe(true)
    expect(byName.get('azp')?.personal).toBe(false)
  })

  it('takes claims with the names of built-in properties for what they are: unknown', () => {
    expect(groupClaims({ constructor: 'x' }, nameOf)[0]?.title).toBe('Other and internal')
  })
})

describe('tellToken', () => {
  const card = (role: TokenCard['role'], claims: TokenCard['claims']): TokenCard => ({
    role,
    observed: true,
    ...(claims ? { claims } : {}),
  })

  it('says that the agent acts as itself', () => {
    expect(tellToken(card('TR', { azp: agent, aud: api, idtyp: 'app' }), nameOf, false)).toBe(
      'The demo agent acts as itself towards the weather API. No person is involved.',
    )
  })

  it.each([
    [false, 'The demo agent acts on behalf of the signed-in person towards the weather API.'],
    [true, 'The demo agent acts on behalf of Ada Osei towards the weather API.'],
  ])('names the person only when that may be shown (%s)', (showPersonal, sentence) => {
    const claims = { appid: agent, aud: `api://${api}`, idtyp: 'user', name: 'Ada Osei' }
    expect(tellToken(card('TR', claims), nameOf, showPersonal)).toBe(sentence)
  })

  it('knows a person’s token by its scopes where idtyp is missing', () => {
    expect(tellToken(card('TR', { azp: agent, aud: api, scp: 'Weather.Read' }), nameOf, false)).toContain(
      'on behalf of',
    )
  })

  it('says whom the person lets act', () => {
    expect(tellToken(card('Tc', { azp: config.spaClientId, aud: blueprint }), nameOf, false)).toBe(
      'The signed-in person lets this page call the blueprint, and nothing else.',
    )
  })

  it('makes do without claims', () => {
    expect(tellToken(card('TR', undefined), nameOf, false)).toMatch(/^The agent acts as itself/)
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
