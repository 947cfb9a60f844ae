import { agent, ordersApi } from '@entra-agents/identity/testing/fixtures'
import { turnOf } from '@entra-agents/identity/testing/stage'
import { Type } from 'typebox'
import { expect, it } from 'vitest'
import { defineTool } from './define-tool.ts'
import { withToolContext } from './tool-context.ts'
import { apisOf, isConfiguredTool, type ToolContext, type Toolset, toolsetsOf } from './toolset.ts'

const context = { turn: turnOf('ada') } as unknown as ToolContext
const add = defineTool({
  name: 'add_note',
  description: 'Adds a note.',
  schema: Type.Object({ text: Type.String() }),
  run: async ({ text }, given) => ({ text, isSame: given === context }),
})
const notesApi = { ...ordersApi, name: 'notes' }
const orders = { api: ordersApi, load: async () => [{ tool: add, api: ordersApi }] } as unknown as Toolset
const notes = { api: notesApi, source: { toolNames: ['read_note'] } } as unknown as Toolset

it('A tool answers in JSON, in the context of its turn, which a log of its call does not show', async () => {
  const config = withToolContext(context)
  expect(await add.invoke({ text: 'Tea' }, config)).toBe('{"text":"Tea","isSame":true}')
  expect(config.signal).toBe(context.turn.signal)
  expect(JSON.stringify(config)).not.toContain('token-of-ada')
})

it('A tool outside a turn does nothing', async () => {
  await expect(add.invoke({ text: 'Tea' })).rejects.toThrow('without its context')
})

it('A tool takes only the arguments of its schema, and says which one does not fit', async () => {
  const call = add.invoke({ text: 'Tea', colour: 'red' }, withToolContext(context))
  await expect(call).rejects.toThrow('Property "colour" does not match additional properties schema')
})

it('A toolset is for the agents that may use its API, which may be several of the sidecar’s', () => {
  const toolsets = [orders, notes]
  expect(toolsetsOf(agent, toolsets)).toEqual(toolsets)
  expect(toolsetsOf({ ...agent, apis: ['notes'] }, toolsets)).toEqual([notes])
  expect(apisOf(notes)).toEqual([notesApi])
  expect(apisOf({ ...notes, otherRights: [ordersApi] })).toEqual([notesApi, ordersApi])
})

it.each([
  ['add_note', true],
  ['read_note', true],
  ['write_note', false],
])('Whether any agent may be offered %s: %s', async (name, isConfigured) => {
  expect(await isConfiguredTool(name, [orders, notes], context)).toBe(isConfigured)
})
