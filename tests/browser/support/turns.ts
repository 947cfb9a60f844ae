import type {
  ChatRequest,
  Problem,
  TraceStep,
  TurnEvent,
  TurnResult,
} from '@entra-bedrock-agent/identity-trace'
import { identities } from '../../support/identities.ts'

const startedAt = '2026-11-25T10:00:00.000Z'

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

/** The step with TR: its card has everything that a card can show, also the checks that the weather API reports. */
export function tokenStep(id: string): TraceStep {
  const seconds = Math.floor(Date.now() / 1000)
  return {
    id,
    kind: 'token',
    from: 'sidecar',
    to: 'agent',
    title: 'TR: the agent’s token for the weather API',
    status: 'ok',
    startedAt,
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
        iat: seconds - 60,
        exp: seconds + 3600,
        uti: 'x',
      },
      verifiedBy: [
        {
          actor: 'weather-api',
          checks: ['signature', 'issuer', 'audience', 'lifetime', 'caller'].map(name => ({ name, ok: true })),
        },
      ],
    },
  }
}

/** Tc of a user whose name would be markup if it were not escaped. */
export function userTokenStep(id: string): TraceStep {
  const seconds = Math.floor(Date.now() / 1000)
  return {
    id,
    kind: 'sign-in',
    from: 'user',
    to: 'agent',
    title: `Tc of ${identities.ada.oid} passed the agent’s checks`,
    status: 'ok',
    startedAt,
    token: {
      role: 'Tc',
      observed: true,
      fingerprint: 'cf83e1357eef',
      claims: {
        aud: identities.blueprintAppId,
        azp: identities.pageAppId,
        oid: identities.ada.oid,
        sub: 'pairwise-subject',
        tid: identities.tenantId,
        name: 'Demo <img src=x onerror=alert(1)>',
        scp: 'access_as_user',
        iat: seconds - 60,
        exp: seconds + 3600,
      },
      verifiedBy: [{ actor: 'agent', checks: [{ name: 'signature', ok: true }] }],
    },
  }
}

export function trace(): TraceStep[] {
  const hop = { startedAt, status: 'ok' } as const
  return [
    {
      ...hop,
      id: 's1',
      kind: 'token-request',
      from: 'agent',
      to: 'sidecar',
      title: 'Ask the sidecar for a token of the agent identity',
      durationMs: 12.3,
      request: {
        method: 'GET',
        url: `http://localhost:5000/AuthorizationHeaderUnauthenticated/weatherApp?AgentIdentity=${identities.agentId}`,
        headers: { host: 'localhost' },
      },
      response: { status: 200, body: { authorizationHeader: 'Bearer ‹token removed›' } },
    },
    {
      id: 's2',
      parentId: 's1',
      kind: 'token-request',
      from: 'sidecar',
      to: 'entra',
      title: 'The blueprint exchanges its credential for T1, then T1 for TR',
      status: 'not-observable',
      token: { role: 'T1', observed: false },
    },
    tokenStep('s3'),
    {
      ...hop,
      id: 's4',
      kind: 'api-call',
      from: 'agent',
      to: 'weather-api',
      title: 'Call the weather API with TR',
      durationMs: 8.1,
      request: {
        method: 'GET',
        url: 'http://weather-api:8080/weather?city=Dallas',
        headers: { authorization: 'Bearer ‹TR ba7816bf8f01›' },
      },
      response: { status: 200, body: { city: 'Dallas', temperature_c: 21, source: 'climate-normals' } },
    },
    {
      ...tokenStep('s5'),
      parentId: 's4',
      kind: 'validation',
      from: 'weather-api',
      title: 'The weather API verified TR',
    },
  ]
}

/** `trace()` of a call on behalf of a user. */
export function traceFor({ oid, name }: { readonly oid: string; readonly name: string }): TraceStep[] {
  return withFingerprint(trace(), 'd8e8fca2dc0f').map(step =>
    step.token?.role === 'TR'
      ? {
          ...step,
          token: {
            ...step.token,
            claims: {
              ...step.token.claims,
              oid,
              name,
              sub: 'subject-at-the-api',
              idtyp: 'user',
              scp: 'Weather.Read',
            },
          },
        }
      : step,
  )
}

/** `trace()` of a call as the agent's own user account; no claim distinguishes the account from a user. */
export function traceAsAccount(): TraceStep[] {
  const account = { oid: '77777777-0000-4000-8000-000000000007', name: 'Weather account' }
  const hidden = {
    parentId: 's1',
    kind: 'token-request',
    from: 'sidecar',
    to: 'entra',
    status: 'not-observable',
  } as const
  return traceFor(account).flatMap((step): TraceStep[] => {
    if (step.token?.role === 'TR') return [{ ...step, token: { ...step.token, actsAs: 'agent-user' } }]
    if (step.token?.role !== 'T1') return [step]
    const T2 = { role: 'T2', observed: false } as const
    return [
      step,
      { ...hidden, id: 't2', title: 'T1 is exchanged for T2', token: T2 },
      { ...hidden, id: 'x', title: 'T1 and T2 are exchanged for TR' },
    ]
  })
}

/** `trace()` of another agent, which has an identity and no right: the API accepts its token and denies the call. */
export function traceWithoutRight(agentId: string): TraceStep[] {
  const needs = { api: 'weather-api', permission: 'Weather.Read.All', kind: 'role' } as const
  const denied = problem('API_FORBIDDEN', { status: 403, failedCheck: 'permission', needs })
  const steps = trace().flatMap((step): TraceStep[] => {
    if (step.kind === 'validation') return []
    if (step.kind === 'api-call')
      return [{ ...step, status: 'failed', response: { status: 403 }, problem: denied }]
    if (step.token?.role !== 'TR') return [step]
    const { roles: _roles, ...claims } = { ...step.token.claims, azp: agentId, oid: agentId, roles: [] }
    return [{ ...step, token: { ...step.token, claims, verifiedBy: [] } }]
  })
  return withFingerprint(steps, 'ffffffff0002')
}

/** The same steps with another TR. */
function withFingerprint(steps: readonly TraceStep[], fingerprint: string): TraceStep[] {
  return JSON.parse(JSON.stringify(steps).replaceAll('ba7816bf8f01', fingerprint))
}

/** The members of a request that the events of its turn repeat. */
export type AgentModeFlow = Pick<ChatRequest, 'agent' | 'mode' | 'flow'>

export function turnStart({ agent = 'default', mode, flow }: AgentModeFlow): TurnEvent {
  const model = mode === 'bedrock' ? 'anthropic.claude-test' : null
  return {
    event: 'turn',
    data: { turnId: 't1', agent, mode, flow, model, startedAt: new Date().toISOString() },
  }
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
