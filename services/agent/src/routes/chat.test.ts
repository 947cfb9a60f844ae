import type { AgentIdentity } from '@entra-agents/identity/core'
import { expect, it, onTestFinished } from 'vitest'
import { buildApp } from '../app.ts'
import { readConfig } from '../config.ts'
import { neededVariables } from '../testing/needed-variables.ts'

async function appWithAgent(changes: Partial<AgentIdentity>) {
  const config = readConfig({ ...neededVariables, LOG_LEVEL: 'silent' })
  const [agent] = config.agents
  const app = await buildApp({ ...config, agents: [{ ...agent, ...changes }] })
  onTestFinished(() => app.close())
  return app
}

it.each([
  ['A flow that the agent does not have', { flow: 'obo' }, 'This agent has these flows: autonomous.'],
  ['An agent that is not there', { agent: 'Other' }, 'There is no such agent. There are: default.'],
])('%s is refused, and the available agents or flows are named', async (_what, asked, detail) => {
  const app = await appWithAgent({ flows: ['autonomous'] })
  const payload = { message: 'Where is order 7?', mode: 'direct', flow: 'autonomous', ...asked }
  const response = await app.inject({ method: 'POST', url: '/api/chat', payload })
  expect(response.statusCode).toBe(400)
  expect(response.json()).toMatchObject({ code: 'INVALID_REQUEST', detail })
})

it('An agent has the tools of its own APIs only', async () => {
  const app = await appWithAgent({ title: 'Clerk', apis: [] })
  const payload = { message: 'Where is order 7?', mode: 'direct', flow: 'autonomous' }
  const answer = await app.inject({ method: 'POST', url: '/api/chat', payload })
  expect(answer.json()).toMatchObject({
    code: 'INVALID_REQUEST',
    detail: 'The agent has no tools for direct mode.',
  })
  const instructions = await app.inject('/api/instructions?flow=autonomous')
  const { systemPrompt, tools } = instructions.json()
  expect(tools).toEqual([])
  expect(systemPrompt).toMatch(/^You are Clerk, an assistant/)
})
