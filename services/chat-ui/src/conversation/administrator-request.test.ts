import type { Flow } from '@entra-agents/trace'
import { agentId, publicConfig } from '@entra-agents/trace-view/testing/public-config'
import { ownToken, step } from '@entra-agents/trace-view/testing/trace'
import { describeNames } from '@entra-agents/trace-view/words/names'
import { expect, it } from 'vitest'
import { tellGrant, writeAdministratorMessage } from './administrator-request.ts'

const question = { message: 'x', agent: 'default', mode: 'direct', flow: 'autonomous' } as const

it('a request for an administrator says what to grant to whom, and how to find the failure in the logs', () => {
  const logIds = { correlationId: 'c-1' }
  const steps = [step('t', { kind: 'token', token: ownToken, logIds })]
  const problem = {
    title: 'A permission is missing.',
    detail: 'It lacks one.',
    hint: 'Grant it.',
    code: 'API_FORBIDDEN',
    requestId: 'r-1',
    needs: { api: 'orders-api', permission: 'Orders.Read.All', kind: 'role' },
  } as const
  const names = describeNames(publicConfig).ofAgent('default')
  expect(writeAdministratorMessage(problem, { steps, question }, names).split('\n')).toEqual([
    'A permission is missing.',
    'It lacks one.',
    '',
    'Please:',
    '- assign app role Orders.Read.All of Orders API',
    `- to the agent identity ${agentId}`,
    '- then ask again; the agent uses the right within a minute after Entra ID knows it',
    '',
    `Agent: Agent, agent identity ${agentId}`,
    'Code: API_FORBIDDEN',
    'Request id: r-1',
    'Correlation id in Entra’s sign-in logs: c-1',
  ])
})

it('a request about one of several agents names that agent', () => {
  const [first] = publicConfig.agents
  const agents = first ? [{ ...first, title: 'Orders agent' }] : []
  const needs = { api: 'orders-api', permission: 'Orders.Read.All', kind: 'role' } as const
  const names = describeNames({ ...publicConfig, agents }).ofAgent('default')
  const whom = (flow: Flow) => tellGrant(needs, { steps: [], question: { ...question, flow } }, names)[1]?.[1]
  expect(whom('autonomous')).toBe(`Orders agent (agent identity ${agentId})`)
  expect(whom('agent-user')).toBe(`Orders agent (agent identity ${agentId}), for its user account`)
})
