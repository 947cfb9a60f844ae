import type {
  ChatRequest,
  Problem,
  PublicAgent,
  TokenCard,
  TraceStep,
  TurnEvent,
  TurnResult,
  TurnStart,
} from '@entra-agents/trace'
import { publicConfig, tenantId } from '@entra-agents/trace-view/testing/public-config'
import {
  agentToken,
  apiCall,
  exchangeToken,
  ownToken,
  step,
  userToken,
} from '@entra-agents/trace-view/testing/trace'

export const config = {
  ...publicConfig,
  authority: `https://login.localhost/${tenantId}`,
  emulated: ['entra', 'auth-sidecar', 'bedrock'],
}

/** The configuration with these agents, each of which is the usual agent with changes. */
export function withAgents(...agents: readonly Partial<PublicAgent>[]) {
  return { ...config, agents: agents.map(agent => ({ ...config.agents[0], ...agent })) }
}

export const withoutSignIn = {
  ...withAgents({ flows: ['autonomous'] }),
  spaClientId: null,
  flows: ['autonomous'],
}

export const status = {
  status: 'ok',
  version: '0.1.0',
  bedrock_available: true,
  components: {
    sidecar: { state: 'ready' },
    orders_api: { state: 'ready' },
    bedrock: { state: 'ready', model: 'anthropic.claude-test', region: 'us-east-1', credential: 'sts' },
  },
  flows: { autonomous: { state: 'ready' }, obo: { state: 'unknown' }, 'agent-user': { state: 'unknown' } },
  emulated: config.emulated,
}

/** The same token, one minute old and valid for an hour. */
function fresh(token: TokenCard, more: object = {}): TokenCard {
  const now = Math.floor(Date.now() / 1000)
  return { ...token, claims: { ...token.claims, iat: now - 60, exp: now + 3600, ...more } }
}

/** The step in which TR arrives. The card of this TR has everything that a card can show. */
export function tokenStep(id: string, token: TokenCard = ownToken): TraceStep {
  const issuer = `https://login.microsoftonline.com/${tenantId}/v2.0`
  const card = fresh(token, { iss: issuer, xms_act_fct: '9 3 11', uti: 'x' })
  const header = { alg: 'RS256', typ: 'JWT', kid: 'k1' }
  return step(id, { kind: 'token', from: 'sidecar', to: 'agent', token: { ...card, header } })
}

/** The arrival of Tc of a user whose name would be markup if it were not escaped. */
export function userTokenStep(id: string, name = 'Demo <img src=x onerror=alert(1)>'): TraceStep {
  const title = `Tc of ${userToken.claims?.['oid']} passed the agent’s checks`
  const token = fresh(userToken, { name })
  return step(id, { kind: 'sign-in', from: 'user', to: 'agent', title, token })
}

/** A call of the Orders API, as the agent itself if no other TR is given. All that the agent saw began at the same moment. */
export function trace(token: TokenCard = ownToken): TraceStep[] {
  const url = 'http://localhost:5000/AuthorizationHeaderUnauthenticated/orders?AgentIdentity=x'
  const hidden = { kind: 'token-request', from: 'sidecar', to: 'entra', status: 'not-observable' } as const
  const steps = [
    step('s1', {
      kind: 'token-request',
      durationMs: 12.3,
      request: { method: 'GET', url, headers: { host: 'localhost' } },
      response: { status: 200, body: { authorizationHeader: 'Bearer ‹token removed›' } },
    }),
    step('s2', { ...hidden, parentId: 's1', token: exchangeToken }),
    tokenStep('s3', token),
    apiCall('s4', token, { durationMs: 8.1, response: { status: 200, body: { order: 7 } } }),
    { ...tokenStep('s5', token), parentId: 's4', kind: 'validation', from: 'orders-api' } as const,
  ]
  const startedAt = '2026-11-25T10:00:00.000Z'
  return steps.map(one => (one.status === 'not-observable' ? one : { ...one, startedAt }))
}

/** A call on behalf of the user, and the arrival of the user's token before it. */
export const traceForUser = () => [userTokenStep('s0'), ...trace(agentToken)]

/** The members of a request that the events of its turn repeat. */
export type AgentModeFlow = Pick<ChatRequest, 'agent' | 'mode' | 'flow'>

const modelOf = ({ mode }: AgentModeFlow) => (mode === 'bedrock' ? 'anthropic.claude-test' : null)

export function turnStart(request: AgentModeFlow, more: Partial<TurnStart> = {}): TurnEvent {
  const { agent = 'default', mode, flow } = request
  const startedAt = new Date().toISOString()
  return {
    event: 'turn',
    data: { turnId: 't1', agent, mode, flow, model: modelOf(request), startedAt, ...more },
  }
}

export function deltaEvent(text: string): TurnEvent {
  return { event: 'delta', data: { text } }
}

export function resultEvent(
  request: AgentModeFlow,
  answer: string,
  more: Partial<TurnResult> = {},
): TurnEvent {
  const { mode, flow } = request
  const figures = { usage: null, timing: { firstTokenMs: 31, totalMs: 42 }, tools: [], notices: [] }
  const turn = { turnId: 't1', mode, flow, model: modelOf(request) }
  return { event: 'result', data: { ...turn, answer, finishReason: 'stop', ...figures, ...more } }
}

export function problem(code: string, more: Partial<Problem> = {}): Problem {
  return {
    type: `urn:${code}`,
    title: `Title of ${code}.`,
    status: 502,
    detail: 'What happened.',
    code,
    hint: 'What to do.',
    requestId: 'r1',
    ...more,
  }
}

export function stepEvents(list: readonly TraceStep[]): TurnEvent[] {
  return list.map(data => ({ event: 'step', data }))
}
