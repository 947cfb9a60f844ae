import type { ChatRequest, Problem, TraceStep, TurnEvent, TurnResult, TurnStart } from '@entra-agents/trace'
import { identities } from '../../support/identities.ts'

export const config = {
  tenantId: identities.tenantId,
  authority: `https://login.localhost/${identities.tenantId}`,
  spaClientId: identities.pageAppId,
  scopes: [`api://${identities.blueprintAppId}/access_as_user`],
  modes: ['direct', 'bedrock'],
  flows: ['autonomous', 'obo'],
  agents: [
    {
      name: 'default',
      title: 'Agent',
      clientId: identities.agentId,
      flows: ['autonomous', 'obo'],
      apis: ['weather-api'],
      requireSignIn: false,
    },
  ],
  emulated: ['entra', 'auth-sidecar', 'bedrock'],
  requireSignIn: false,
  blueprintCredential: 'secret',
  traceFor: 'everyone',
  apis: [{ name: 'weather-api', title: 'Weather API', appId: identities.weatherAppId }],
  examples: ['Weather in Dallas?'],
  userExamples: ['Create an alert for Oslo below −5 °C'],
  modelExamples: ['Compare the weather in Oslo and Rome'],
  names: {
    [identities.agentId]: 'agent identity',
    [identities.blueprintAppId]: 'blueprint',
    [identities.tenantId]: 'this tenant',
    [identities.pageAppId]: 'this page',
  },
}

type Agent = (typeof config.agents)[number] & { readonly description?: string }

/** The configuration with these agents, each of which is the usual agent with changes. */
export function withAgents(...agents: readonly Partial<Agent>[]) {
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
    weather_api: { state: 'ready' },
    bedrock: { state: 'ready', model: 'anthropic.claude-test', region: 'us-east-1', credential: 'sts' },
  },
  flows: { autonomous: { state: 'ready' }, obo: { state: 'unknown' }, 'agent-user': { state: 'unknown' } },
  emulated: config.emulated,
}

/** A step that somebody saw, a token if `more` says nothing else. */
export function step(id: string, from: string, to: string, more: Partial<TraceStep> = {}): TraceStep {
  const startedAt = new Date().toISOString()
  return { id, kind: 'token', from, to, title: `Step ${id}`, status: 'ok', startedAt, ...more }
}

function secondsFromNow(seconds: number): number {
  return Math.floor(Date.now() / 1000) + seconds
}

/** The step with TR: its card has everything that a card can show, also the checks that the weather API reports. */
export function tokenStep(id: string): TraceStep {
  const checks = ['signature', 'issuer', 'audience', 'lifetime', 'caller'].map(name => ({ name, ok: true }))
  return step(id, 'sidecar', 'agent', {
    token: {
      role: 'TR',
      observed: true,
      fingerprint: 'ba7816bf8f01',
      header: { alg: 'RS256', typ: 'JWT', kid: 'k1' },
      claims: {
        aud: identities.weatherAppId,
        iss: `https://login.microsoftonline.com/${identities.tenantId}/v2.0`,
        azp: identities.agentId,
        oid: identities.agentId,
        idtyp: 'app',
        tid: identities.tenantId,
        roles: ['Weather.Read.All'],
        xms_act_fct: '9 3 11',
        iat: secondsFromNow(-60),
        exp: secondsFromNow(3600),
        uti: 'x',
      },
      verifiedBy: [{ actor: 'weather-api', checks }],
    },
  })
}

/** Tc of a user whose name would be markup if it were not escaped. */
export function userTokenStep(id: string, fingerprint = 'cf83e1357eef', claims: object = {}): TraceStep {
  return step(id, 'user', 'agent', {
    kind: 'sign-in',
    title: `Tc of ${identities.ada.oid} passed the agent’s checks`,
    token: {
      role: 'Tc',
      observed: true,
      fingerprint,
      claims: {
        aud: identities.blueprintAppId,
        azp: identities.pageAppId,
        oid: identities.ada.oid,
        sub: 'pairwise-subject',
        tid: identities.tenantId,
        name: 'Demo <img src=x onerror=alert(1)>',
        scp: 'access_as_user',
        iat: secondsFromNow(-60),
        exp: secondsFromNow(3600),
        ...claims,
      },
      verifiedBy: [{ actor: 'agent', checks: [{ name: 'signature', ok: true }] }],
    },
  })
}

/** A hop between sidecar and Entra ID, which the agent does not see. */
function hiddenStep(id: string, role?: 'T1' | 'T2'): TraceStep {
  const token = role && ({ role, observed: false } as const)
  const { startedAt: _unknown, ...hidden } = step(id, 'sidecar', 'entra', { kind: 'token-request' })
  return { ...hidden, parentId: 's1', status: 'not-observable', ...(token && { token }) }
}

/** A call of the weather API as the agent itself. All that the agent saw began at the same moment. */
export function trace(): TraceStep[] {
  const steps = [
    step('s1', 'agent', 'sidecar', {
      kind: 'token-request',
      durationMs: 12.3,
      request: {
        method: 'GET',
        url: `http://localhost:5000/AuthorizationHeaderUnauthenticated/weatherApp?AgentIdentity=${identities.agentId}`,
        headers: { host: 'localhost' },
      },
      response: { status: 200, body: { authorizationHeader: 'Bearer ‹token removed›' } },
    }),
    hiddenStep('s2', 'T1'),
    tokenStep('s3'),
    step('s4', 'agent', 'weather-api', {
      kind: 'api-call',
      durationMs: 8.1,
      request: {
        method: 'GET',
        url: 'http://weather-api:8080/weather?city=Dallas',
        headers: { authorization: 'Bearer ‹TR ba7816bf8f01›' },
      },
      response: { status: 200, body: { city: 'Dallas', temperature_c: 21, source: 'climate-normals' } },
    }),
    { ...tokenStep('s5'), parentId: 's4', kind: 'validation', from: 'weather-api' } as const,
  ]
  return steps.map(one => (one.startedAt ? { ...one, startedAt: '2026-11-25T10:00:00.000Z' } : one))
}

/** The same steps with other claims in TR. */
function withClaims(steps: readonly TraceStep[], fingerprint: string, claims: object): TraceStep[] {
  const changed = steps.map(one =>
    one.token?.role === 'TR'
      ? { ...one, token: { ...one.token, claims: { ...one.token.claims, ...claims } } }
      : one,
  )
  return JSON.parse(JSON.stringify(changed).replaceAll('ba7816bf8f01', fingerprint))
}

/** `trace()` of a call on behalf of a user. */
export function traceFor({ oid, name }: { readonly oid: string; readonly name: string }): TraceStep[] {
  const claims = { oid, name, sub: 'subject-at-the-api', idtyp: 'user', scp: 'Weather.Read' }
  return withClaims(trace(), 'd8e8fca2dc0f', claims)
}

/** `trace()` of a call as the agent's own user account; no claim distinguishes the account from a user. */
export function traceAsAccount(): TraceStep[] {
  const account = { oid: '77777777-0000-4000-8000-000000000007', name: 'Weather account' }
  return traceFor(account).flatMap((one): TraceStep[] => {
    if (one.token?.role === 'TR') return [{ ...one, token: { ...one.token, actsAs: 'agent-user' } }]
    return one.token?.role === 'T1' ? [one, hiddenStep('t2', 'T2'), hiddenStep('x')] : [one]
  })
}

/** `trace()` of another agent, which has an identity and no right: the API accepts its token and denies the call. */
export function traceWithoutRight(agentId: string): TraceStep[] {
  const needs = { api: 'weather-api', permission: 'Weather.Read.All', kind: 'role' } as const
  const denied = problem('API_FORBIDDEN', { status: 403, failedCheck: 'permission', needs })
  const steps = trace().flatMap((one): TraceStep[] => {
    if (one.kind === 'validation') return []
    if (one.kind === 'api-call')
      return [{ ...one, status: 'failed', response: { status: 403 }, problem: denied }]
    return one.token?.role === 'TR' ? [{ ...one, token: { ...one.token, verifiedBy: [] } }] : [one]
  })
  return withClaims(steps, 'ffffffff0002', { azp: agentId, oid: agentId, roles: [] })
}

/** The members of a request that the events of its turn repeat. */
export type AgentModeFlow = Pick<ChatRequest, 'agent' | 'mode' | 'flow'>

export function turnStart(
  { agent = 'default', mode, flow }: AgentModeFlow,
  more: Partial<TurnStart> = {},
): TurnEvent {
  const model = mode === 'bedrock' ? 'anthropic.claude-test' : null
  const startedAt = new Date().toISOString()
  return { event: 'turn', data: { turnId: 't1', agent, mode, flow, model, startedAt, ...more } }
}

export function deltaEvent(text: string): TurnEvent {
  return { event: 'delta', data: { text } }
}

export function resultEvent(
  { mode, flow }: AgentModeFlow,
  answer: string,
  more: Partial<TurnResult> = {},
): TurnEvent {
  return {
    event: 'result',
    data: {
      turnId: 't1',
      mode,
      flow,
      model: mode === 'bedrock' ? 'anthropic.claude-test' : null,
      answer,
      finishReason: 'stop',
      usage: null,
      timing: { firstTokenMs: 31, totalMs: 42 },
      tools: [],
      notices: [],
      ...more,
    },
  }
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
