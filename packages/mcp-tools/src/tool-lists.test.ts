import type { VerifiedUserToken } from '@entra-agents/identity/core'
import { agent } from '@entra-agents/identity/testing/fixtures'
import { expect, it } from 'vitest'
import type { ChosenTools } from './offered-tools/offered-tools.ts'
import { ToolLists } from './tool-lists.ts'

const user = (objectId: string) => ({ objectId, claims: { tid: 'tenant' } }) as unknown as VerifiedUserToken
const askerOf = (objectId: string, of = agent) => ({ agent: of, flow: 'obo', user: user(objectId) }) as const
const ownAsker = { agent, flow: 'autonomous', user: undefined } as const
const listOf = (mebibytes: number): ChosenTools => ({
  tools: [],
  missing: [{ tool: 'get_note', reason: 'x'.repeat((mebibytes * 1024 * 1024) / 2) }],
})

it('The lists of one server take a limited number of bytes together; those that were not used for the longest time go first', () => {
  const lists = new ToolLists()
  lists.listed(ownAsker, listOf(1))
  const another = { ...agent, clientId: 'another' }
  for (let index = 0; index < 100; index += 1) {
    lists.listed(askerOf(`user-${index}`, index % 2 === 0 ? agent : another), listOf(1))
    lists.of(ownAsker)
  }
  const kept = (index: number) =>
    lists.of(askerOf(`user-${index}`, index % 2 === 0 ? agent : another)).tools !== undefined
  const known = Array.from({ length: 100 }, (_, index) => index).filter(kept)
  expect(known).toEqual(Array.from({ length: known.length }, (_, index) => 100 - known.length + index))
  expect(known.length).toBeGreaterThan(10)
  expect(known.length).toBeLessThan(16)
  expect(lists.of(ownAsker).tools).toBeDefined()
})

it('Small lists of thousands of users are kept', () => {
  const lists = new ToolLists()
  for (let index = 0; index < 3_000; index += 1) lists.listed(askerOf(`user-${index}`), listOf(0))
  expect(lists.of(askerOf('user-0')).tools).toBeDefined()
})

it('Two agents that act for one user have a list each', () => {
  const lists = new ToolLists()
  lists.listed(askerOf('ada'), listOf(0))
  expect(lists.of(askerOf('ada', { ...agent, clientId: 'another' })).tools).toBeUndefined()
})
