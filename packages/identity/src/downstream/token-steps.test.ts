import { fingerprint } from '@entra-agents/tokens/verify'
import { describe, expect, it } from 'vitest'
import type { Caller } from '../caller.ts'
import {
  ordersApi as api,
  authorizationHeader,
  autonomousClaims,
  ids,
  onBehalfOfClaims,
  sidecarProblem,
  unsignedToken,
} from '../testing/fixtures.ts'
import type { StepFacts } from '../trace-recorder.ts'
import { apiCallerOf, startTestServer, turnOf } from './testing/stage.ts'
import { obtainToken } from './token-steps.ts'

const exp = Math.floor(Date.now() / 1000) + 3_600
const ownClaims = autonomousClaims({ exp, uti: 'token-1' })
const adaClaims = onBehalfOfClaims(ids.ada, { exp })
const auditedIds = { agent: 'default', caller: ids.agentClientId, api: 'orders-api' }

/** A sidecar that responds with one of these bodies after the other, and then always with the last. */
async function startSidecar(...bodies: (string | { refused: string })[]) {
  let next = 0
  const sidecar = await startTestServer((_request, response) => {
    const body = bodies[Math.min(next++, bodies.length - 1)]
    if (typeof body === 'string') response.end(body)
    else
      response
        .writeHead(401, { 'content-type': 'application/problem+json' })
        .end(sidecarProblem(401, body?.refused ?? ''))
  })
  const { tokens, logger, lines } = apiCallerOf([api], sidecar.url)
  return {
    sidecar,
    obtain: (turn: Caller, parentId?: string, of = api) =>
      obtainToken(tokens, turn, of, { parentId, logger }),
    audit: () =>
      lines
        .map(line => JSON.parse(line))
        .filter(({ audit }) => audit !== undefined)
        .map(({ pid: _pid, hostname: _hostname, time: _time, ...entry }) => entry),
  }
}

/** The trace's steps without what differs from run to run. `parent` is the index of the parent step. */
function shownSteps({ trace }: Caller) {
  const ids = trace.steps.map(({ id }) => id)
  return trace.steps.map(
    ({ id: _id, startedAt: _startedAt, durationMs: _durationMs, parentId, ...step }) => ({
      ...step,
      ...(parentId === undefined ? {} : { parent: ids.indexOf(parentId) }),
    }),
  )
}

const tokenEndpoint = `https://login.microsoftonline.com/${ids.tenantId}/oauth2/v2.0/token`
const sidecarStep = {
  parent: 0,
  kind: 'token-request',
  from: 'sidecar',
  to: 'entra',
  status: 'not-observable',
}
const t1Step = {
  ...sidecarStep,
  title: 'Inside the sidecar: the blueprint authenticates and gets T1 for this agent, or has it in its cache',
  request: {
    method: 'POST',
    url: tokenEndpoint,
    headers: {},
    body: {
      grant_type: 'client_credentials',
      client_id: ids.blueprintAppId,
      client_credential: 'held by the sidecar alone',
      fmi_path: ids.agentClientId,
      scope: 'api://AzureADTokenExchange/.default',
    },
  },
  token: {
    role: 'T1',
    observed: false,
    claims: {
      aud: 'fb60f99c-7a34-4190-8149-302f77469936',
      azp: ids.blueprintAppId,
      sub: `/eid1/c/pub/t/…/a/…/${ids.agentClientId}`,
      tid: ids.tenantId,
      idtyp: 'app',
    },
  },
}
const checkedByAgent = {
  actor: 'agent',
  checks: ['actor', 'tenant', 'audience', 'lifetime', 'subject'].map(name => ({ name, ok: true })),
}

describe('a token in the trace', () => {
  it('that the agent gets as itself shows the request, the sidecar’s inner steps and the response', async () => {
    const { sidecar, obtain } = await startSidecar(authorizationHeader(ownClaims))
    const turn = turnOf()
    const token = await obtain(turn)
    const print = fingerprint(unsignedToken(ownClaims))
    expect(token).toMatchObject({
      token: { raw: unsignedToken(ownClaims), fingerprint: print },
      logIds: { tokenId: 'token-1' },
    })
    expect(shownSteps(turn)).toEqual([
      {
        kind: 'token-request',
        from: 'agent',
        to: 'sidecar',
        status: 'ok',
        title: 'The agent asks its sidecar for a token of its own, for the Orders API',
        request: {
          method: 'GET',
          url: `${sidecar.url}${sidecar.requests[0]?.target.replace('GET ', '')}`,
          headers: {},
        },
        response: { status: 200, body: { authorizationHeader: `Bearer TR ‹${print}›` } },
        logIds: { correlationId: turn.correlationId, tokenId: 'token-1' },
      },
      t1Step,
      {
        ...sidecarStep,
        title: 'Inside the sidecar: T1 is exchanged for TR, or the sidecar has TR in its cache',
        request: {
          method: 'POST',
          url: tokenEndpoint,
          headers: {},
          body: {
            grant_type: 'client_credentials',
            client_id: ids.agentClientId,
            client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
            client_assertion: 'T1',
            scope: `api://${api.appId}/.default`,
          },
        },
      },
      {
        kind: 'token',
        from: 'sidecar',
        to: 'agent',
        status: 'ok',
        title: `TR: agent ${ids.agentClientId} acts as itself`,
        token: {
          role: 'TR',
          actsAs: 'agent',
          observed: true,
          fingerprint: print,
          header: { alg: 'RS256', typ: 'JWT', kid: 'test' },
          claims: ownClaims,
          verifiedBy: [checkedByAgent],
        },
      },
    ])
  })

  it('that the agent gets for a user shows that the user’s token is sent, and how the sidecar exchanges it', async () => {
    const { obtain } = await startSidecar(authorizationHeader(adaClaims))
    const turn = turnOf(ids.ada)
    expect(await obtain(turn)).toMatchObject({ logIds: {} })
    const [asked, t1, exchange, token] = shownSteps(turn)
    expect(asked).toMatchObject({
      title: 'The agent asks its sidecar for a token to act for the signed-in user, for the Orders API',
      request: { headers: { authorization: 'Bearer Tc ‹feedfeedfeed›' } },
    })
    expect(asked?.logIds).toEqual({ correlationId: turn.correlationId })
    expect(t1).toEqual(t1Step)
    expect(exchange).toEqual({
      ...sidecarStep,
      title: 'Inside the sidecar: T1 and Tc are exchanged for TR, or the sidecar has TR in its cache',
      request: {
        method: 'POST',
        url: tokenEndpoint,
        headers: {},
        body: {
          grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
          requested_token_use: 'on_behalf_of',
          assertion: 'Tc',
          client_id: ids.agentClientId,
          client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
          client_assertion: 'T1',
          scope: `api://${api.appId}/.default offline_access openid profile`,
        },
      },
    })
    expect(token?.title).toBe(`TR: agent ${ids.agentClientId} acts on behalf of user ${ids.ada}`)
  })

  it('of the agent’s user account shows which account the sidecar is asked for, and T2 between T1 and TR', async () => {
    const { obtain, sidecar } = await startSidecar(
      authorizationHeader(onBehalfOfClaims(ids.agentUser, { exp })),
    )
    const turn: Caller = { ...turnOf(), flow: 'agent-user' }
    await obtain(turn)
    const asked = new URL(sidecar.requests[0]?.target.replace('GET ', '') ?? '', sidecar.url)
    expect(asked.pathname).toBe('/AuthorizationHeaderUnauthenticated/orders')
    expect(asked.searchParams.get('AgentIdentity')).toBe(ids.agentClientId)
    expect(asked.searchParams.get('AgentUserId')).toBe(ids.agentUser)
    const [, t1, t2, exchange, token] = shownSteps(turn)
    const assertion = {
      client_id: ids.agentClientId,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: 'T1',
    }
    expect(t1).toEqual(t1Step)
    expect(t2).toEqual({
      ...sidecarStep,
      title:
        'Inside the sidecar: T1 is exchanged for T2, the agent’s own exchange token, or T2 is in its cache',
      request: {
        ...t1Step.request,
        body: { grant_type: 'client_credentials', ...assertion, scope: t1Step.request.body.scope },
      },
      token: {
        ...t1Step.token,
        role: 'T2',
        claims: { ...t1Step.token.claims, azp: ids.agentClientId, sub: ids.agentClientId },
      },
    })
    expect(exchange?.request?.body).toEqual({
      ...assertion,
      grant_type: 'user_fic',
      user_federated_identity_credential: 'T2',
      user_id: ids.agentUser,
      scope: `api://${api.appId}/.default offline_access openid profile`,
    })
    expect(token).toMatchObject({
      title: `TR: agent ${ids.agentClientId} acts as its user account ${ids.agentUser}`,
      token: { role: 'TR', actsAs: 'agent-user' },
    })
  })

  it('for an API with a scope of its own is requested with this scope for a user, and with `.default` for the agent itself', async () => {
    const { obtain } = await startSidecar(authorizationHeader(adaClaims), authorizationHeader(ownClaims))
    const changes = { ...api, scope: 'Orders.ReadWrite' }
    const bodies: unknown[] = []
    for (const turn of [turnOf(ids.ada), turnOf()]) {
      await obtain(turn, undefined, changes)
      bodies.push(shownSteps(turn)[2]?.request?.body)
    }
    expect(bodies).toMatchObject([
      { scope: `api://${api.appId}/Orders.ReadWrite offline_access openid profile` },
      { scope: `api://${api.appId}/.default` },
    ])
  })

  it('of version 1 is shown with its agent’s id, although the token has no claim `azp`', async () => {
    const { obtain } = await startSidecar(
      authorizationHeader({ ...ownClaims, azp: undefined, appid: ids.agentClientId }),
    )
    const turn = turnOf()
    await obtain(turn)
    expect(shownSteps(turn).at(-1)?.title).toBe(`TR: agent ${ids.agentClientId} acts as itself`)
  })

  it('is recorded below the step that needs the token, if there is such a step', async () => {
    const { obtain } = await startSidecar(authorizationHeader(ownClaims))
    const turn = turnOf()
    await obtain(turn, 'parent-1')
    const [asked, , , token] = turn.trace.steps
    expect([asked?.parentId, token?.parentId]).toEqual(['parent-1', 'parent-1'])
    const unasked = turnOf()
    await obtain(unasked)
    expect(unasked.trace.steps[0]).not.toHaveProperty('parentId')
    expect(unasked.trace.steps[3]).not.toHaveProperty('parentId')
  })

  it('has no log id if the claim `uti` is not a string', async () => {
    const { obtain } = await startSidecar(authorizationHeader({ ...ownClaims, uti: 7 }))
    expect((await obtain(turnOf())).logIds).toEqual({})
  })

  it('shows the checks of the API beside those of the agent', async () => {
    const { obtain } = await startSidecar(authorizationHeader(ownClaims))
    const turn = turnOf()
    const { verifiedByApi } = await obtain(turn)
    const found = { name: 'audience', ok: false, secret: 'x' }
    const card = verifiedByApi([found])
    expect(card.verifiedBy).toEqual([
      checkedByAgent,
      { actor: 'orders-api', checks: [{ name: 'audience', ok: false }] },
    ])
    expect(turn.trace.steps.at(-1)).toMatchObject({ kind: 'token', token: card })
  })

  it('shows how many attempts the token took', async () => {
    const { obtain } = await startSidecar(
      { refused: 'Service is unavailable.' },
      authorizationHeader(ownClaims),
    )
    const turn = turnOf()
    await obtain(turn)
    expect(turn.trace.steps[0]?.title).toBe(
      'The agent asks its sidecar for a token of its own, for the Orders API, 2 times',
    )
  })

  it('shows that the sidecar was asked past its cache if its token had expired', async () => {
    const { sidecar, obtain } = await startSidecar(
      authorizationHeader({ ...ownClaims, exp: 1 }),
      authorizationHeader(ownClaims),
    )
    const turn = turnOf()
    await obtain(turn)
    expect(turn.trace.steps[0]).toMatchObject({
      title:
        'The agent asks its sidecar for a token of its own, for the Orders API, 2 times, at last past its cache, whose token had expired',
      request: { url: expect.stringContaining(sidecar.requests[1]?.target.replace('GET ', '') ?? '?') },
    })
  })

  it('shows the request of another turn if that request obtained the token', async () => {
    const { obtain } = await startSidecar(authorizationHeader(ownClaims))
    const first = turnOf()
    const second = { ...turnOf(), correlationId: '99999999-0000-4000-8000-000000000002' }
    await Promise.all([obtain(first), obtain(second)])
    const [asked] = second.trace.steps
    expect(asked).toMatchObject({
      title:
        'The agent asks its sidecar for a token of its own, for the Orders API, together with an equal request under way',
      request: first.trace.steps[0]?.request,
      logIds: { correlationId: first.correlationId },
    })
  })
})

describe('a token request that failed', () => {
  it('shows the status of the sidecar and the ids by which Entra knows the request', async () => {
    const requestId = '12121212-0000-4000-8000-000000000001'
    const entraId = '12121212-0000-4000-8000-000000000002'
    const { obtain } = await startSidecar({
      refused: `AADSTS50105: no role. Trace ID: ${requestId} Correlation ID: ${entraId}`,
    })
    const turn = turnOf()
    await expect(obtain(turn)).rejects.toMatchObject({ code: 'AGENT_NOT_PERMITTED' })
    expect(turn.trace.steps).toMatchObject([
      { status: 'failed', problem: { code: 'AGENT_NOT_PERMITTED', requestId: 'request-1' } },
    ])
    expect(turn.trace.steps[0]?.response).toEqual({ status: 401 })
    expect(turn.trace.steps[0]?.logIds).toEqual({ correlationId: entraId, entraRequestId: requestId })
  })

  it('shows only the turn’s correlation id if the response contains no ids', async () => {
    const { obtain } = await startSidecar({ refused: 'AADSTS50105: no role' }, authorizationHeader(adaClaims))
    const turn = turnOf()
    await expect(obtain(turn)).rejects.toThrow()
    expect(turn.trace.steps[0]?.logIds).toEqual({ correlationId: turn.correlationId })
    const unread = turnOf()
    await expect(obtain(unread)).rejects.toMatchObject({ code: 'TOKEN_FLOW_MISMATCH' })
    expect(unread.trace.steps[0]).not.toHaveProperty('response')
  })

  it('is shown even if it failed before the sidecar was called', async () => {
    const { sidecar, obtain } = await startSidecar(authorizationHeader(adaClaims))
    const turn = { ...turnOf(ids.ada), user: undefined }
    await expect(obtain(turn)).rejects.toMatchObject({ code: 'SIGN_IN_REQUIRED' })
    expect(turn.trace.steps).toMatchObject([{ status: 'failed', problem: { code: 'SIGN_IN_REQUIRED' } }])
    expect(turn.trace.steps[0]?.logIds).toEqual({ correlationId: turn.correlationId })
    expect(sidecar.requests).toEqual([])
  })

  it('leaves its step `running` if the client went away: the code that ends a turn ends the turn’s steps', async () => {
    const sidecar = await startTestServer(() => undefined)
    const { tokens, logger, lines } = apiCallerOf([api], sidecar.url)
    const client = new AbortController()
    const turn = turnOf(undefined, client.signal)
    const asked = obtainToken(tokens, turn, api, { parentId: undefined, logger })
    await expect.poll(() => sidecar.requests.length).toBe(1)
    client.abort(new Error('went away'))
    await expect(asked).rejects.toThrow('went away')
    expect(turn.trace.steps).toMatchObject([
      { status: 'running', logIds: { correlationId: turn.correlationId } },
    ])
    expect(lines).toEqual([])
  })
})

describe('the audit log of tokens', () => {
  it('says which agent got which token, for which API and which user', async () => {
    const { obtain, audit } = await startSidecar(
      authorizationHeader(ownClaims),
      authorizationHeader(adaClaims),
    )
    const turn = turnOf()
    await obtain(turn)
    await obtain(turnOf(ids.ada))
    const issued = { ...auditedIds, level: 30, msg: 'Token issued.', audit: 'issued' }
    const { correlationId } = turn
    expect(audit()).toEqual([
      { ...issued, correlationId, flow: 'autonomous', tokenId: 'token-1' },
      { ...issued, correlationId, flow: 'obo', onBehalfOf: ids.ada },
    ])
  })

  it('says as which user account the agent acts', async () => {
    const claims = onBehalfOfClaims(ids.agentUser, { exp })
    const { obtain, audit } = await startSidecar(authorizationHeader(claims))
    await obtain({ ...turnOf(), flow: 'agent-user' })
    expect(audit()).toMatchObject([{ audit: 'issued', flow: 'agent-user', agentUser: ids.agentUser }])
  })

  it('says why no token was issued', async () => {
    const { obtain, audit } = await startSidecar({
      refused: 'AADSTS65001: ada@contoso.example has not consented',
    })
    const turn = turnOf(ids.ada)
    await expect(obtain(turn)).rejects.toThrow()
    const { correlationId } = turn
    expect(audit()).toEqual([
      {
        ...auditedIds,
        level: 40,
        msg: 'Token refused.',
        audit: 'refused',
        reason: 'CONSENT_REQUIRED',
        onBehalfOf: ids.ada,
        flow: 'obo',
        correlationId,
      },
    ])
  })
})

describe('a traced token request', () => {
  it('is a span, whose id the sidecar gets as the parent of the sidecar’s own spans', async () => {
    const { sidecar, obtain } = await startSidecar(authorizationHeader(ownClaims))
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    const started: StepFacts[] = []
    const stepStarted = (_step: unknown, facts: StepFacts) => {
      started.push(facts)
      return traceparent
    }
    await obtain(turnOf(undefined, undefined, { stepStarted, stepEnded: () => undefined }))
    expect(started).toEqual([
      {
        name: 'GET /AuthorizationHeaderUnauthenticated/{api}',
        attributes: {
          'http.request.method': 'GET',
          'app.api.name': 'orders-api',
          'app.flow': 'autonomous',
        },
      },
    ])
    expect(sidecar.requests[0]?.headers).toMatchObject({ traceparent })
  })
})
