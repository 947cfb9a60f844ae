import { expect, it } from 'vitest'
import { agentId, apiId, blueprintId, publicConfig, tenantId } from '../testing/public-config.ts'
import { describeNames, shortenIds } from './names.ts'
import { count, formatDistance, formatDuration, speakDuration } from './times.ts'

const names = describeNames({ ...publicConfig, emulated: ['entra', 'auth-sidecar'] })

it.each([
  [agentId.toUpperCase(), 'agent identity'],
  [`api://${apiId}`, 'Orders API'],
  [`https://sts.windows.net/${tenantId}/`, 'this tenant'],
  [blueprintId, 'blueprint'],
  ['fb60f99c-7a34-4190-8149-302f77469936', 'Entra token exchange'],
  ['ffffffff-0000-4000-8000-00000000000f', undefined],
  ['not an id', undefined],
])('the id %s has the name %s', (id, name) => {
  expect(names.id(id)).toBe(name)
})

it.each([
  ['user', 'You', false],
  ['sidecar', 'Sidecar', true],
  ['entra', 'Entra ID', true],
  ['bedrock', 'Bedrock', false],
  ['orders-api', 'Orders API', false],
  ['an-api-of-tomorrow', 'an-api-of-tomorrow', false],
  ['constructor', 'constructor', false],
  ['api-\u202Eterces', 'api-‹U+202E›terces', false],
])('the actor %s has the title %s; it is emulated: %s', (actor, title, isEmulated) => {
  expect([names.actor(actor), names.isEmulated(actor)]).toEqual([title, isEmulated])
})

it('all APIs of one app id are named, since a token for one of them is valid for each', () => {
  const tools = { name: 'orders-tools', title: 'orders-tools server', appId: apiId }
  const shared = describeNames({ ...publicConfig, apis: [...publicConfig.apis, tools] })
  expect(shared.id(`api://${apiId}`)).toBe('Orders API and orders-tools server')
  expect(shared.id(agentId)).toBe('agent identity')
})

it('ids are shortened so that they can be told apart', () => {
  expect(shortenIds(`TR: agent ${agentId} calls ${apiId}`)).toBe(
    'TR: agent bbbbbbbb…000b calls aaaaaaaa…000a',
  )
})

const distance = (time: string) =>
  formatDistance(new Date(`2026-11-${time}Z`), new Date('2026-11-25T10:00:00Z'))

it.each([
  [distance('25T10:00:00'), 'now'],
  [distance('25T09:59:57'), '3 seconds ago'],
  [distance('25T10:58:00'), 'in 58 minutes'],
  [distance('25T22:00:00'), 'in 12 hours'],
  [distance('28T10:00:00'), 'in 3 days'],
  [formatDuration(0.42), '0.4 ms'],
  [formatDuration(12.3), '12 ms'],
  [formatDuration(3_249), '3.2 s'],
  [speakDuration(0.02), '1 millisecond'],
  [speakDuration(31.4), '31 milliseconds'],
  [speakDuration(3_249), '3.2 seconds'],
  [count(1, 'claim'), '1 claim'],
  [count(7, 'claim'), '7 claims'],
])('times and counts are told in words: %s', (told, words) => {
  expect(told).toBe(words)
})
