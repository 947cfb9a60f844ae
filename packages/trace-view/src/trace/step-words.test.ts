import type { TraceStep } from '@entra-agents/trace'
import { expect, it } from 'vitest'
import { publicConfig } from '../testing/public-config.ts'
import { agentToken, apiCall, exchangeToken, ownToken, step, userToken } from '../testing/trace.ts'
import { describeNames } from '../words/names.ts'
import { tellStep } from './step-words.ts'

const names = describeNames(publicConfig)
const unseenHop = { kind: 'token-request', from: 'sidecar', to: 'entra', status: 'not-observable' } as const
const request = (url: string, body?: unknown): Partial<TraceStep> => ({
  request: { method: body ? 'POST' : 'GET', url, headers: {}, body },
})
const model = { kind: 'model', to: 'bedrock', title: 'a-model in a-region' } as const

// biome-ignore format: table
const steps: readonly (readonly [TraceStep, string, string])[] = [
  [step('a', { kind: 'sign-in', from: 'user', to: 'agent', token: userToken }), 'Check Tc', 'You → Agent · passed 1 check by the agent'],
  [step('a', { kind: 'token-request', ...request('http://s/AuthorizationHeader/orders?AgentIdentity=x') }), 'Request token', 'Agent → Sidecar · GET /AuthorizationHeader/orders'],
  [step('a', { ...unseenHop, token: exchangeToken, ...request('http://e', { grant_type: 'client_credentials', fmi_path: 'x' }) }), 'Get T1', 'Sidecar → Entra ID · client_credentials, fmi_path'],
  [step('a', { ...unseenHop, ...request('http://e', { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', requested_token_use: 'on_behalf_of' }) }), 'Exchange Tc for TR, with T1', 'Sidecar → Entra ID · jwt-bearer, requested_token_use=on_behalf_of'],
  [step('a', { kind: 'token', from: 'sidecar', to: 'agent', token: agentToken }), 'Receive TR', 'Sidecar → Agent · passed 1 check by the agent'],
  [apiCall('a', ownToken, { response: { status: 200 } }), 'Call Orders API', 'Agent → Orders API · GET /7 · 200'],
  [step('a', { kind: 'validation', from: 'orders-api', to: 'agent', token: agentToken }), 'Check TR', 'Orders API → Agent · passed 2 checks'],
  [step('a', { ...model, response: { status: 200, body: { toolCalls: ['get_orders'] } } }), 'Model chooses tools', 'Agent → Bedrock · 1 tool call · a-model in a-region'],
  [step('a', { ...model, response: { status: 200, body: { toolCalls: [] } } }), 'Model writes the answer', 'Agent → Bedrock · a-model in a-region'],
  [step('a', { ...model, status: 'running' }), 'Ask the model', 'Agent → Bedrock · a-model in a-region'],
  [step('a', { from: 'bedrock', to: 'agent', tool: { name: 'get_orders', arguments: { of: 'Ada', most: 2 } } }), 'Tool: get_orders Ada, 2', 'Bedrock → Agent'],
  [step('a', { from: 'bedrock', to: 'agent', title: 'get_orders({"of":"Ada"})' }), 'Tool: get_orders({"of":"Ada"})', 'Bedrock → Agent'],
]

it.each(steps)('the words of a step come from its kind and members (%#)', (traced, title, where) => {
  expect(tellStep(traced, 'obo', names)).toEqual({ title, where })
})

it('the words of a step say which check failed', () => {
  const token = {
    ...agentToken,
    verifiedBy: [{ actor: 'orders-api', checks: [{ name: 'caller', ok: false }] }],
  }
  expect(tellStep(step('a', { kind: 'validation', token }), 'obo', names).where).toContain('rejected: caller')
})
