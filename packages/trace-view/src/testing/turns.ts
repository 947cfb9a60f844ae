import type { Flow, Pause, Problem, TokenCard, TraceStep } from '@entra-agents/trace'
import { apiId, publicConfig } from './public-config.ts'
import { accountTurn, agentToken, apiCall, exchangeToken, ownToken, step, userToken } from './trace.ts'
import { challenge, pauseOf } from './waiting.ts'

/** A turn as the page sees it. */
export interface Turn {
  readonly steps: readonly TraceStep[]
  readonly flow?: Flow
  readonly running?: boolean
  readonly pause?: Pause
  readonly apis?: typeof publicConfig.apis
}

function problem(code: string, more: Partial<Problem> = {}): Problem {
  return { type: '', title: 'No.', status: 502, detail: '', code, hint: '', requestId: '', ...more }
}

const signIn = step('s', { kind: 'sign-in', token: userToken })
const model = step('m', { kind: 'model', to: 'bedrock' })
const hidden = step('x', { kind: 'token-request', token: exchangeToken, status: 'not-observable' })
const request = step('r', { kind: 'token-request' })
const token = (card: TokenCard, id = 't') => step(id, { kind: 'token', token: card })
const answered = (status: number, card = ownToken, more: Partial<TraceStep> = {}, id = 'a') =>
  apiCall(id, card, { response: { status }, status: status < 400 ? 'ok' : 'failed', ...more })

const unchecked: TokenCard = { ...ownToken, verifiedBy: [] }
const anotherToken = { ...ownToken, fingerprint: 'dddddddddddd' }
const withoutRight: TokenCard = { ...unchecked, claims: { ...ownToken.claims, roles: [] } }
/** What the API says of a token that it refuses: the checks that passed, then the one that failed. */
const refusedAfter = (card: TokenCard, passed: readonly string[], failed: string): TokenCard => ({
  ...card,
  verifiedBy: [
    {
      actor: 'orders-api',
      checks: [...passed.map(name => ({ name, ok: true })), { name: failed, ok: false }],
    },
  ],
})
const needs = { api: 'orders-api', permission: 'Orders.Read.All', kind: 'role' } as const
const lackedScope = { api: 'orders-api', permission: 'Orders.ReadWrite', kind: 'scope' } as const
/** A call with a token that fails a check of the API, and the one after it with a new token. */
const failsCheck = (status: number, failedCheck: string, card = ownToken, id = 'a') =>
  answered(status, card, { problem: problem('API_TOKEN_REJECTED', { failedCheck }) }, id)
const lacking = answered(403, withoutRight, {
  problem: problem('API_FORBIDDEN', { failedCheck: 'permission', needs }),
})
const misreported: TokenCard = {
  ...ownToken,
  verifiedBy: [
    ...(ownToken.verifiedBy ?? []),
    { actor: 'agent', checks: [{ name: 'reported-user', ok: false }] },
  ],
}
const issuedAt = (time: string): TokenCard => ({
  ...ownToken,
  claims: { ...ownToken.claims, iat: Date.parse(time) / 1000 },
})
const apis = [...publicConfig.apis, { name: 'orders-tools', title: 'orders-tools server', appId: apiId }]
const toolServer = { to: 'orders-tools' }

const failedAt = (service: string | undefined, code: string, upstream?: string) => {
  const where = service && { upstream: { service, ...(upstream && { code: upstream }) } }
  return { status: 'failed', problem: problem(code, where || {}) } as const
}
/** A token that came, and that the agent itself did not take. */
const notTaken = (service: string, failedCheck: string): TraceStep => {
  const more = { title: 'Not used.', detail: 'It is for somebody else.', upstream: { service }, failedCheck }
  return { ...request, status: 'failed', problem: problem('TOKEN_FLOW_MISMATCH', more) }
}
const noModel = (code: string): Turn => ({ steps: [{ ...model, ...failedAt('bedrock', code) }] })

const tool = { kind: 'tool', tool: { name: 'create_order' } } as const
const unused = { parentId: 'm', ahead: true, unused: true } as const
const refusedAhead = { ...request, ...unused, ...failedAt('entra', 'CONSENT_REQUIRED', 'AADSTS65001') }
const waiting = step('w', { ...tool, status: 'waiting' })
const ofTool = { parentId: 'w' }
const stepUp = { ...ofTool, problem: problem('STEP_UP_REQUIRED', { claimsChallenge: challenge }) }
const refused = answered(401, agentToken, stepUp)
const untilRefusal = [signIn, waiting, token(agentToken), refused]
const proven = (card: TokenCard, fingerprint: string): TokenCard => ({
  ...card,
  fingerprint,
  claims: { ...card.claims, acrs: ['c1'] },
})
const newToken = proven(agentToken, 'aaaaaaaaaaa2')
const afterProof = [token(newToken, 't2'), answered(201, newToken, ofTool, 'b')]
const renewed = step('s2', { kind: 'sign-in', token: proven(userToken, 'ccccccccccc2') })
const otherToken: TokenCard = { ...agentToken, fingerprint: 'eeeeeeeeeeee', verifiedBy: [] }
const listed = answered(200, agentToken, {
  request: {
    method: 'POST',
    url: 'http://orders/mcp',
    headers: { authorization: `Bearer TR ‹${agentToken.fingerprint}›` },
    body: { method: 'tools/list' },
  },
})
const scopes = [{ value: 'Orders.Write', text: '' }]
const consent = { url: '', adminUrl: '', state: '', scopes }
const lack = { ...request, ...ofTool, status: 'failed', problem: problem('CONSENT_REQUIRED') } as const
const approval = { decision: 'deny', digest: 'd', waitedMs: 1 } as const
const declined = step('d', { kind: 'approval', ...ofTool, approval })
const denied = step('w', { ...tool, status: 'failed', approval })

const obo = (steps: readonly TraceStep[], more: Omit<Turn, 'steps'> = {}): Turn => ({
  steps: [signIn, ...steps],
  flow: 'obo',
  ...more,
})
const paused = (steps: readonly TraceStep[], pause: Partial<Pause> = {}) =>
  obo(steps, { pause: pauseOf(pause) })

/** Turns of every kind, by what distinguishes them. */
export const turns: Readonly<Record<string, Turn>> = {
  'on behalf of a user': obo([model, step('l'), hidden, token(agentToken), answered(200, agentToken)]),
  'as the agent’s own user account': { steps: accountTurn, flow: 'agent-user' },
  'as the agent itself, three calls': {
    steps: [token(ownToken), ...['a', 'b', 'c'].map(id => answered(200, ownToken, {}, id))],
  },
  'a token and no call': { steps: [token(ownToken)] },
  'two APIs that share an app id': {
    steps: [
      token(unchecked),
      ...['a', 'b'].map(id => answered(200, unchecked, {}, id)),
      answered(200, unchecked, toolServer, 'c'),
    ],
    apis,
  },
  'two APIs that share an app id, and no call': { steps: [token(unchecked)], apis },
  'an API that reports no checks': { steps: [token(unchecked), answered(200, unchecked)] },
  'an API that wants no right': { steps: [token(withoutRight), answered(200, withoutRight)] },
  'a right is missing': {
    steps: [token(refusedAfter(withoutRight, ['signature', 'caller'], 'permission')), lacking],
  },
  'a right is missing, and the API tells of no other check': {
    steps: [token(refusedAfter(withoutRight, [], 'permission')), lacking],
  },
  'a right is missing, and the last checks are those of a later call': {
    steps: [
      token({ ...withoutRight, verifiedBy: [...(ownToken.verifiedBy ?? [])] }),
      lacking,
      answered(200, ownToken, {}, 'b'),
    ],
  },
  'a right that was missing, and that a new token has': {
    steps: [
      token(refusedAfter(withoutRight, ['signature', 'caller'], 'permission')),
      lacking,
      token(anotherToken, 'u'),
      answered(200, anotherToken, {}, 'b'),
    ],
  },
  'a right is missing, in a new token, too': {
    steps: [
      token(refusedAfter(withoutRight, ['signature', 'caller'], 'permission')),
      lacking,
      token({ ...withoutRight, fingerprint: anotherToken.fingerprint }, 'u'),
    ],
  },
  'the API accepts no such caller': {
    steps: [
      token(refusedAfter(ownToken, ['signature'], 'caller')),
      answered(403, ownToken, { problem: problem('API_FORBIDDEN', { failedCheck: 'caller' }) }),
    ],
  },
  'the API says of the token what it does not say': { steps: [token(misreported), answered(200)] },
  'Entra ID refuses': { steps: [{ ...request, ...failedAt('entra', 'ENTRA_REFUSED', 'AADSTS7000112') }] },
  'the agent rejects a token that it shows': {
    steps: [
      token({ ...ownToken, verifiedBy: [{ actor: 'agent', checks: [{ name: 'audience', ok: false }] }] }),
    ],
  },
  'the agent does not take the token that Entra ID issued': obo([notTaken('sidecar', 'actor')]),
  'the agent, without a sidecar, does not take the token that Entra ID issued': {
    steps: [notTaken('entra', 'audience')],
  },
  'the API finds a token on its deny list, and the new one too': {
    steps: [
      token(refusedAfter(ownToken, ['signature'], 'deny-list')),
      failsCheck(403, 'deny-list'),
      token(refusedAfter(anotherToken, ['signature'], 'deny-list'), 'u'),
      failsCheck(403, 'deny-list', anotherToken, 'b'),
    ],
  },
  'the API finds a token expired, and takes a new one': {
    steps: [
      token(refusedAfter(ownToken, ['signature'], 'lifetime')),
      failsCheck(401, 'lifetime'),
      token(anotherToken, 'u'),
      answered(200, anotherToken, {}, 'b'),
    ],
  },
  'a turn that is stopped after the API found a token expired': {
    steps: [
      step('w', { ...tool, status: 'running' }),
      token(refusedAfter(ownToken, ['signature'], 'lifetime')),
      { ...failsCheck(401, 'lifetime'), ...ofTool },
    ],
  },
  'the sidecar does not answer': { steps: [{ ...request, ...failedAt(undefined, 'SIDECAR_UNREACHABLE') }] },
  'Entra ID throttles': {
    steps: [{ ...request, ...failedAt('entra', 'ENTRA_UNAVAILABLE', 'AADSTS90055') }],
  },
  'Entra ID wants more': {
    steps: [{ ...request, ...failedAt('entra', 'CONDITIONAL_ACCESS_REQUIRED', 'AADSTS50076') }],
    flow: 'obo',
  },
  'Bedrock throttles': noModel('BEDROCK_THROTTLED'),
  'Bedrock is unavailable': noModel('BEDROCK_UNAVAILABLE'),
  'Bedrock breaks off': noModel('BEDROCK_STREAM_BROKEN'),
  'the API finds nothing (404)': {
    steps: [token(ownToken), answered(404, ownToken, { problem: problem('ORDER_NOT_FOUND') })],
  },
  'the API fails (500)': { steps: [token(ownToken), answered(500)] },
  'a running call': {
    steps: [token(ownToken), apiCall('a', ownToken, { status: 'running' })],
    running: true,
  },
  'a stopped call': { steps: [token(ownToken), apiCall('a', ownToken, { status: 'running' })] },
  'a running request for a token': obo([{ ...request, status: 'running' }], { running: true }),
  'a model that needs no tool': { steps: [model] },
  'a model that is asked': { steps: [{ ...model, status: 'running' }], running: true },
  'a model that was stopped': { steps: [{ ...model, status: 'running' }] },
  'TR from the cache': {
    steps: [
      { ...request, startedAt: '2026-11-28T20:00:00Z' },
      hidden,
      token(issuedAt('2026-11-28T19:54:40Z')),
    ],
  },
  'TR from the cache, with T1 not in the trace': {
    steps: [{ ...request, startedAt: '2026-11-28T20:00:00Z' }, token(issuedAt('2026-11-28T19:54:40Z'))],
  },
  'TR that Entra ID has just issued': {
    steps: [{ ...request, startedAt: '2026-11-28T20:00:00Z' }, token(issuedAt('2026-11-28T19:55:00Z'))],
  },
  'a token that was asked for ahead of a call, and is there before the call': {
    steps: [model, { ...request, ...unused }],
    running: true,
  },
  'a token that was asked for ahead of a call that never came': { steps: [model, { ...request, ...unused }] },
  'a refusal ahead of a call that may still come': { steps: [model, refusedAhead], running: true },
  'a refusal ahead of a call that never came': {
    steps: [model, refusedAhead, { ...step('m2', { kind: 'model' }) }],
  },
  'a refusal ahead of a call that never came, and a call that was answered': {
    steps: [model, refusedAhead, token(ownToken), answered(200)],
  },
  'two TR': { steps: [hidden, token(ownToken), token(anotherToken, 'u')] },
  'a call that waits': paused([waiting]),
  'two calls that wait': paused([waiting, { ...waiting, id: 'w2' }]),
  'a call that waits after tools were listed': paused([token(agentToken), listed, waiting]),
  'a call that waits after it was looked up what it would change': paused([
    waiting,
    token(agentToken),
    answered(200, agentToken, ofTool, 'l'),
  ]),
  'a call that waits after its token was looked at': paused([
    waiting,
    { ...request, ...ofTool, ahead: true },
    { ...token(agentToken), ...ofTool },
  ]),
  'a call after a token was looked at': obo([
    step('w', tool),
    { ...request, ...ofTool, ahead: true },
    { ...token(agentToken), ...ofTool },
    step('d', { kind: 'approval', ...ofTool, approval: { ...approval, decision: 'approve' } }),
    token(otherToken, 't2'),
    answered(201, otherToken, ofTool),
  ]),
  'a call that nobody was asked about, since the token lacks the right': obo([
    step('w', { ...tool, status: 'failed', problem: problem('API_FORBIDDEN', { needs: lackedScope }) }),
    { ...request, ...ofTool, ahead: true },
    { ...token(agentToken), ...ofTool },
  ]),
  'a call that was allowed, and one that nobody was asked about': obo([
    token(otherToken, 't2'),
    answered(200, otherToken),
    step('w', { ...tool, status: 'failed', problem: problem('API_FORBIDDEN', { needs: lackedScope }) }),
    { ...request, ...ofTool, ahead: true },
    { ...token(agentToken), ...ofTool },
  ]),
  'a call that was left': obo([waiting]),
  'a call that waits for a stronger sign-in': {
    ...paused([], { kind: 'step-up', claimsChallenge: challenge }),
    steps: untilRefusal,
  },
  'a stronger sign-in that was left': { steps: untilRefusal, flow: 'obo' },
  'a call after a stronger sign-in': obo([
    step('w', tool),
    token(agentToken),
    refused,
    renewed,
    ...afterProof,
  ]),
  'a call after a stronger sign-in that the API then answers with a conflict (409)': obo([
    step('w', { ...tool, status: 'failed' }),
    token(refusedAfter(agentToken, ['signature', 'caller'], 'context')),
    refused,
    renewed,
    token(newToken, 't2'),
    answered(409, newToken, ofTool, 'b'),
  ]),
  'a call after a stronger sign-in, and one that needed none': obo([
    token({ ...agentToken, verifiedBy: [{ actor: 'orders-api', checks: [{ name: 'context', ok: false }] }] }),
    answered(200, agentToken, toolServer, 'list'),
    step('w', tool),
    refused,
    ...afterProof,
  ]),
  'an approved call after a stronger sign-in, and a call of another API before it': obo([
    token(otherToken, 't0'),
    apiCall('o', otherToken, { ...toolServer, response: { status: 200 } }),
    step('w', tool),
    step('d', { kind: 'approval', ...ofTool, approval: { ...approval, decision: 'approve' } }),
    token(agentToken),
    refused,
    renewed,
    ...afterProof,
  ]),
  'a call that waits for a consent': paused([waiting, lack], { kind: 'consent', consent }),
  'a consent that was left': obo([
    waiting,
    answered(401, agentToken, { ...ofTool, problem: problem('CONSENT_NEEDED') }),
  ]),
  'a call that was declined': obo([step('w', tool), declined]),
  'a call that was declined after a refusal': obo([step('w', tool), token(agentToken), refused, declined]),
  'a declined call as a failed tool': obo([denied]),
  'a declined call as a failed tool, after a refusal': obo([denied, token(agentToken), refused, declined]),
  'a refusal after which the tool failed': obo([
    step('w', { ...tool, status: 'failed', problem: problem('STEP_UP_REQUIRED') }),
    token(agentToken),
    refused,
  ]),
}
