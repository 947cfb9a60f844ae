import type { TokenCard, TraceStep } from '@entra-agents/trace'
import { agentId, apiId, blueprintId, pageId, tenantId } from './public-config.ts'

export const userId = 'eeeeeeee-0000-4000-8000-00000000000e'

/** The user's token for the blueprint. */
export const userToken: TokenCard = {
  role: 'Tc',
  observed: true,
  fingerprint: 'cccccccccccc',
  claims: {
    aud: blueprintId,
    azp: pageId,
    oid: userId,
    sub: 'subject-at-the-blueprint',
    tid: tenantId,
    name: 'Ada Osei',
    scp: 'access_as_user',
    ver: '2.0',
  },
  verifiedBy: [{ actor: 'agent', checks: [{ name: 'signature', ok: true }] }],
}

/** The agent's token for the Orders API, on behalf of the user. */
export const agentToken: TokenCard = {
  role: 'TR',
  observed: true,
  fingerprint: 'aaaaaaaaaaaa',
  claims: {
    aud: apiId,
    appid: agentId,
    oid: userId,
    sub: 'subject-at-the-api',
    tid: tenantId,
    name: 'Ada Osei',
    idtyp: 'user',
    scp: 'Orders.Read',
    xms_act_fct: '3 11',
    xms_par_app_azp: blueprintId,
    ver: '1.0',
  },
  verifiedBy: [
    { actor: 'agent', checks: [{ name: 'actor', ok: true }] },
    {
      actor: 'orders-api',
      checks: [
        { name: 'signature', ok: true },
        { name: 'caller', ok: true },
      ],
    },
  ],
}

/** The agent's token for the Orders API, as itself. */
export const ownToken: TokenCard = {
  ...agentToken,
  fingerprint: 'bbbbbbbbbbbb',
  claims: { aud: apiId, azp: agentId, oid: agentId, tid: tenantId, idtyp: 'app', roles: ['Orders.Read.All'] },
}

export const accountId = 'ffffffff-0000-4000-8000-00000000000f'

/** The agent's token for the Orders API, as its own user account; no claim says that the account is an agent's. */
export const accountToken: TokenCard = {
  ...agentToken,
  fingerprint: 'dddddddddddd',
  actsAs: 'agent-user',
  claims: {
    aud: apiId,
    azp: agentId,
    oid: accountId,
    tid: tenantId,
    name: 'Orders agent',
    preferred_username: 'orders@contoso.example',
    scp: 'Orders.Read',
    ver: '2.0',
  },
}

/** The steps of a turn in which the agent calls as its own user account. */
export const accountTurn: readonly TraceStep[] = [
  step('r', { kind: 'token-request' }),
  step('t1', { kind: 'token-request', status: 'not-observable', token: { role: 'T1', observed: false } }),
  step('t2', { kind: 'token-request', status: 'not-observable', token: { role: 'T2', observed: false } }),
  step('x', { kind: 'token-request', status: 'not-observable' }),
  step('t', { kind: 'token', token: accountToken }),
  apiCall('a', accountToken, { response: { status: 200 } }),
]

export const exchangeToken: TokenCard = { role: 'T1', observed: false }

export function step(id: string, more: Partial<TraceStep> = {}): TraceStep {
  return { id, kind: 'tool', from: 'agent', to: 'sidecar', title: id, status: 'ok', ...more }
}

/** A call of the Orders API with a token. */
export function apiCall(
  id: string,
  { role, fingerprint }: TokenCard,
  more: Partial<TraceStep> = {},
): TraceStep {
  return step(id, {
    kind: 'api-call',
    to: 'orders-api',
    request: {
      method: 'GET',
      url: 'http://orders/7',
      headers: { authorization: `Bearer ${role} ‹${fingerprint}›` },
    },
    ...more,
  })
}

/** A tool that asks for a token and calls the API with it. */
export function toolRun(id: string, token = ownToken): TraceStep[] {
  const within = { parentId: id }
  return [
    step(id),
    step(`${id}-request`, { kind: 'token-request', ...within, durationMs: 3 }),
    step(`${id}-T1`, {
      kind: 'token-request',
      parentId: `${id}-request`,
      status: 'not-observable',
      token: exchangeToken,
    }),
    step(`${id}-token`, { kind: 'token', ...within, token }),
    apiCall(`${id}-call`, token, { ...within, response: { status: 200 } }),
  ]
}
