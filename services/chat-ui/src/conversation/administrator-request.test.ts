import { expect, it } from 'vitest'
import { agentId, publicConfig } from '../testing/public-config.ts'
import { ownToken, step } from '../testing/trace.ts'
import { describeNames } from '../words/names.ts'
import { tellRequest, writeRequest } from './administrator-request.ts'

it('a request for an administrator says what to give to whom, and how the failure is found', () => {
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
  expect(writeRequest(problem, steps, describeNames(publicConfig)).split('\n')).toEqual([
    'A permission is missing.',
    'It lacks one.',
    '',
    'Please:',
    '- assign app role Orders.Read.All of Orders API',
    `- to the agent identity ${agentId}`,
    '- then ask again. A token in the sidecar’s cache stays without the right until it ends, about an hour.',
    '',
    'Code: API_FORBIDDEN',
    'Request id: r-1',
    'Correlation id in Entra’s sign-in logs: c-1',
  ])
})

it('a request for one of several agents calls it by its name', () => {
  const [first] = publicConfig.agents
  const agents = first ? [{ ...first, title: 'Orders agent' }] : []
  const needs = { api: 'orders-api', permission: 'Orders.Read.All', kind: 'role' } as const
  const names = describeNames({ ...publicConfig, agents }).ofAgent('default')
  expect(tellRequest(needs, [step('t', { kind: 'token', token: ownToken })], names)[1]).toEqual([
    'to',
    `Orders agent (agent identity ${agentId})`,
  ])
})
