import { describe, expect, it } from 'vitest'
import { agentId, apiId, blueprintId, publicConfig, tenantId } from '../testing/public-config.ts'
import { describeNames, shortenIds } from './names.ts'
import { count, formatDistance, formatDuration, speakDuration } from './times.ts'

const names = describeNames({ ...publicConfig, emulated: ['entra', 'auth-sidecar'] })

describe('describeNames', () => {
  it.each([
    [agentId.toUpperCase(), 'agent identity'],
    [`api://${apiId}`, 'Orders API'],
    [`https://sts.windows.net/${tenantId}/`, 'this tenant'],
    [blueprintId, 'blueprint'],
    ['fb60f99c-7a34-4190-8149-302f77469936', 'Entra token exchange'],
    ['ffffffff-0000-4000-8000-00000000000f', undefined],
    ['not an id', undefined],
  ])('gives the id %s the name %s', (id, name) => {
    expect(names.id(id)).toBe(name)
  })

  it.each([
    ['user', 'You'],
    ['orders-api', 'Orders API'],
    ['an-api-of-tomorrow', 'an-api-of-tomorrow'],
    ['constructor', 'constructor'],
  ])('gives the actor %s its title', (actor, title) => {
    expect(names.actor(actor)).toBe(title)
  })

  it('names all APIs of one app id, since a token for one of them is valid for each', () => {
    const tools = { name: 'orders-tools', title: 'orders-tools server', appId: apiId }
    const shared = describeNames({ ...publicConfig, apis: [...publicConfig.apis, tools] })
    expect(shared.id(`api://${apiId}`)).toBe('Orders API and orders-tools server')
    expect(shared.id(agentId)).toBe('agent identity')
  })

  it('knows which actors are emulated', () => {
    expect(['sidecar', 'entra', 'bedrock', 'orders-api'].filter(names.isEmulated)).toEqual([
      'sidecar',
      'entra',
    ])
  })
})

describe('shortenIds', () => {
  it('keeps enough of each id to tell ids apart', () => {
    expect(shortenIds(`TR: agent ${agentId} calls ${apiId}`)).toBe('TR: agent bbbb…000b calls aaaa…000a')
  })
})

describe('the words for times and counts', () => {
  const now = new Date('2026-11-25T10:00:00Z')
  it.each([
    ['2026-11-25T10:00:00Z', 'now'],
    ['2026-11-25T09:59:57Z', '3 seconds ago'],
    ['2026-11-25T10:58:00Z', 'in 58 minutes'],
    ['2026-11-25T22:00:00Z', 'in 12 hours'],
    ['2026-11-28T10:00:00Z', 'in 3 days'],
  ])('say how far away the time %s is', (moment, distance) => {
    expect(formatDistance(new Date(moment), now)).toBe(distance)
  })

  it.each([
    [0.42, '0.4 ms'],
    [12.3, '12 ms'],
    [3_249, '3.2 s'],
  ])('shorten a duration of %s ms', (ms, text) => {
    expect(formatDuration(ms)).toBe(text)
  })

  it.each([
    [0.02, '1 millisecond'],
    [31.4, '31 milliseconds'],
    [3_249, '3.2 seconds'],
  ])('say a duration of %s ms in whole words', (ms, text) => {
    expect(speakDuration(ms)).toBe(text)
  })

  it('put the noun of a count into singular or plural', () => {
    expect([count(1, 'claim'), count(7, 'claim')]).toEqual(['1 claim', '7 claims'])
  })
})
