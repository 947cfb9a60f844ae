import { randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { type Send, SendError } from '@entra-bedrock-agent/service-kit/send'
import { describe, expect, it, vi } from 'vitest'
import {
  agent,
  autonomousClaims,
  deadUrl,
  ids,
  secondAgent,
  unsignedToken,
  weatherApi,
} from '../identity/testing/fixtures.ts'
import { problem } from '../problems.ts'
import type { Timing } from '../timing.ts'
import type { StepFacts, StepObserver } from '../turn/trace-recorder.ts'
import type { Turn } from '../turn/turn.ts'
import type { ApiExchange, ApiRequest } from './api-context.ts'
import type { Reply } from './responses.ts'
import {
  callerOf,
  checks,
  grantingSidecar,
  json,
  refusal,
  start,
  stepsOf,
  turnOf,
  validated,
} from './testing/stage.ts'

interface Found {
  readonly found: string
}

const isFound = (body: unknown): body is Found => (body as Partial<Found> | undefined)?.found !== undefined
const found = { found: 'it', validated: validated(null) }
const ask: ApiRequest<Found> = { path: '/things?n=1', subject: 'things', isBody: isFound }

async function stage(respond: (response: ServerResponse) => void, timing?: Partial<Timing>) {
  const server = await start((_request, response) => respond(response))
  const sidecar = await start(grantingSidecar)
  const api = { ...weatherApi, url: server.url }
  const { caller, lines } = callerOf([api], sidecar.url, timing)
  return {
    server,
    api,
    caller,
    call: (turn: Turn, changes: Partial<ApiRequest<Found>> = {}) =>
      caller.for(turn).call(api, { ...ask, ...changes }),
    logged: () =>
      lines.map(line => JSON.parse(line)).filter(({ msg }: { msg: string }) => msg.startsWith('An API')),
  }
}

describe('a change whose connection broke', () => {
  it.each([
    ['again with the same key, if the API makes it only once for a key', true, ['"key-1"', '"key-1"']],
    ['only once, if the API might make it twice', false, ['"key-1"']],
  ])('is sent %s', async (_what, isIdempotent, keys) => {
    const { server, api, caller } = await stage(response => response.destroy())
    const context = caller.for(turnOf()).under('step-1', { idempotencyKey: 'key-1', isIdempotent })
    const thing = {
      method: 'POST',
      path: '/things',
      subject: 'a thing',
      statuses: [201],
      isBody: isFound,
    } as const
    await expect(context.change(api, thing)).rejects.toThrow(refusal('API_UNAVAILABLE'))
    expect(server.requests.map(({ headers }) => headers['idempotency-key'])).toEqual(keys)
  })
})

const lookAtReady = (status: number) => (response: ServerResponse) => json(status, {})(response)

describe('a call of an API in the trace', () => {
  it('shows the request and the response, and then what the API says of the token', async () => {
    const { server, call } = await stage(json(200, found))
    const turn = turnOf()
    expect(await call(turn)).toEqual(found)
    const { id: _, startedAt: _at, durationMs: _ms, ...step } = stepsOf(turn, 'api-call')[0] ?? {}
    const [card] = stepsOf(turn, 'token')
    expect(step).toStrictEqual({
      kind: 'api-call',
      from: 'agent',
      to: 'weather-api',
      status: 'ok',
      title: 'The agent calls the Weather API: things',
      request: {
        method: 'GET',
        url: `${server.url}/things?n=1`,
        headers: {
          authorization: `Bearer TR ‹${card?.token?.fingerprint}›`,
          accept: 'application/json',
        },
      },
      response: { status: 200, body: found },
      logIds: {},
    })
    expect(stepsOf(turn, 'validation')).toMatchObject([
      {
        status: 'ok',
        from: 'weather-api',
        to: 'agent',
        title: `The Weather API verified TR: agent ${ids.agentClientId} acts as itself`,
        token: card?.token,
      },
    ])
    expect(card?.token?.verifiedBy?.at(-1)).toEqual({ actor: 'weather-api', checks })
  })

  it.each([
    [null, true, `verified TR: agent ${ids.agentClientId} acts as itself`],
    [ids.ada, true, `verified TR: agent ${ids.agentClientId} acts on behalf of user ${ids.ada}`],
    [null, false, `read TR without verifying its signature: agent ${ids.agentClientId} acts as itself`],
  ])('shows whom the agent acts for, as the API says (%s, %s)', async (user, signature_verified, title) => {
    const { call } = await stage(
      json(200, { ...found, validated: { ...validated(user), signature_verified } }),
    )
    const turn = turnOf(user ?? undefined)
    await call(turn)
    expect(stepsOf(turn, 'validation')[0]?.title).toBe(`The Weather API ${title}`)
  })

  const stranger = 'eeeeeeee-0000-4000-8000-0000000000ff'
  it.each([
    ['another user', ids.ada, { on_behalf_of: ids.ben }, 'user'],
    ['a user of an autonomous turn', undefined, { flow: 'obo', on_behalf_of: stranger }, 'flow, user'],
    ['no user', ids.ada, { flow: 'autonomous', on_behalf_of: null }, 'flow, user'],
    ['another agent', undefined, { caller: stranger }, 'caller'],
  ])('shows a failed validation if the API, unlike TR, names %s', async (_what, user, told, names) => {
    const word = { ...validated(user ?? null), ...told }
    const { call } = await stage(json(200, { ...found, validated: word }))
    const turn = turnOf(user)
    await call(turn)
    const [card] = stepsOf(turn, 'token')
    expect(stepsOf(turn, 'validation')).toMatchObject([
      { status: 'failed', title: `What the Weather API says of TR is not what TR says: ${names}` },
    ])
    expect(card?.token?.verifiedBy?.slice(1)).toEqual([
      { actor: 'weather-api', checks },
      { actor: 'agent', checks: names.split(', ').map(name => ({ name: `reported-${name}`, ok: false })) },
    ])
    expect(JSON.stringify(turn.trace.steps.map(({ title }) => title))).not.toContain(stranger)
  })

  it('compares ids without regard to case', async () => {
    const caller = ids.agentClientId.toUpperCase()
    const { call } = await stage(json(200, { ...found, validated: { ...validated(null), caller } }))
    const turn = turnOf()
    await call(turn)
    expect(stepsOf(turn, 'validation')).toMatchObject([{ status: 'ok' }])
  })

  it.each([
    ['nothing', undefined],
    ['a caller that is no id', { ...validated(null), caller: 'the administrator' }],
    ['a user that is no id', { ...validated(null), on_behalf_of: 'everybody' }],
    ['a check in a sentence', { ...validated(null), checks: [{ name: 'All is well with it.', ok: true }] }],
    ['no caller', { ...validated(null), caller: undefined }],
    ['another flow', { ...validated(null), flow: 'both' }],
    ['a user that is no text', { ...validated(null), on_behalf_of: 7 }],
    ['no word on the signature', { ...validated(null), signature_verified: undefined }],
    ['a check without a name', { ...validated(null), checks: [{ ok: true }] }],
    ['a check that says more', { ...validated(null), checks: [{ name: 'x', ok: true, by: 'me' }] }],
    ['more than 20 checks', { ...validated(null), checks: Array(21).fill({ name: 'x', ok: true }) }],
  ])('shows no validation by the API if it says %s', async (_what, word) => {
    const { call } = await stage(json(200, { found: 'it', validated: word }))
    const turn = turnOf()
    await call(turn)
    expect(stepsOf(turn, 'validation')).toEqual([])
  })

  it.each([
    [{ code: 'BUSY' }, { code: 'BUSY' }],
    [{ code: 7, secret: 'x' }, {}],
  ])('shows nothing of a failed response but its problem document: %j', async (sent, body) => {
    const { call } = await stage(json(503, sent))
    const turn = turnOf()
    await expect(call(turn)).rejects.toEqual(refusal('API_UNAVAILABLE'))
    const [step] = stepsOf(turn, 'api-call')
    expect(step).toMatchObject({ status: 'failed', problem: { requestId: 'request-1' } })
    expect(step?.problem?.detail).toBe('The Weather API responded 503.')
    expect(step?.response).toEqual({ status: 503, body })
    expect(stepsOf(turn, 'token')[0]?.token?.verifiedBy).toMatchObject([{ actor: 'agent' }])
  })

  it.each([
    ['in a result', 200, (sent: string) => ({ found: sent })],
    ['in a result, in pieces', 200, (sent: string) => ({ found: 'it', more: sent.match(/.{1,9}/g) })],
    ['in a failure', 400, (sent: string) => ({ detail: Buffer.from(sent).toString('base64') })],
  ])('fails if the API sends TR back %s, and shows nothing of it', async (_where, status, body) => {
    const signature = randomBytes(256).toString('base64url')
    const sidecar = await start((_request, response) => {
      const [header, claims] = unsignedToken(autonomousClaims()).split('.')
      response.end(JSON.stringify({ authorizationHeader: `Bearer ${header}.${claims}.${signature}` }))
    })
    const server = await start((_request, response) => json(status, body(signature))(response))
    const api = { ...weatherApi, url: server.url }
    const { caller, lines } = callerOf([api], sidecar.url)
    const turn = turnOf()
    await expect(caller.for(turn).call(api, ask)).rejects.toEqual(refusal('API_ECHOED_TOKEN'))
    expect(stepsOf(turn, 'api-call')).toMatchObject([
      { status: 'failed', problem: { code: 'API_ECHOED_TOKEN', upstream: { status } } },
    ])
    expect(JSON.stringify([turn.trace.steps, lines])).not.toContain(signature.slice(0, 9))
  })

  it('removes any token other than TR from the result', async () => {
    const { call } = await stage(json(200, { found: `Bearer ${unsignedToken({ sub: 'somebody' })}` }))
    const turn = turnOf()
    expect(await call(turn)).toEqual({ found: 'Bearer ‹token removed›' })
    expect(stepsOf(turn, 'api-call')[0]?.response?.body).toEqual({ found: 'Bearer ‹token removed›' })
  })

  it('fails when nobody listens', async () => {
    const sidecar = await start(grantingSidecar)
    const api = { ...weatherApi, url: await deadUrl() }
    const turn = turnOf()
    await expect(callerOf([api], sidecar.url).caller.for(turn).call(api, ask)).rejects.toThrow(
      'cannot be reached',
    )
    expect(stepsOf(turn, 'api-call').map(step => step.problem)).toMatchObject([
      { code: 'API_UNAVAILABLE', requestId: 'request-1' },
      { code: 'API_UNAVAILABLE' },
    ])
  })

  it('fails if the body is not what was asked for, or if the status is not 200', async () => {
    const unasked = await stage(json(200, { other: 'thing' }))
    await expect(unasked.call(turnOf())).rejects.toThrow('not what it promises')
    const created = await stage(json(201, found))
    await expect(created.call(turnOf())).rejects.toThrow('responded 201')
  })

  it('fails if the response is larger than 256 KiB, or too late', async () => {
    const large = await stage(json(200, { found: 'x'.repeat(256 * 1024) }))
    await expect(large.call(turnOf())).rejects.toMatchObject({ cause: { kind: 'too-large' } })
    const late = await stage(() => undefined, { apiCallMs: 20 })
    await expect(late.call(turnOf())).rejects.toMatchObject({ cause: { kind: 'timeout' } })
  })

  it('fails with the problem that its caller’s `explain` returns, if any', async () => {
    const { call } = await stage(json(404, {}))
    const explain = vi.fn().mockReturnValueOnce(problem('INVALID_REQUEST', 'There is no such thing.'))
    await expect(call(turnOf(), { explain })).rejects.toThrow('There is no such thing.')
    expect(explain).toHaveBeenCalledWith({ status: 404, challenge: undefined, body: {} })
    await expect(call(turnOf(), { explain })).rejects.toThrow('responded 404')
  })
})

describe('a call in a protocol of its own', () => {
  const exchange = (
    send: ApiExchange<Reply, Found>['send'],
    facts?: StepFacts,
  ): ApiExchange<Reply, Found> => ({
    subject: 'things/find',
    mayRepeat: false,
    shown: { method: 'POST', path: '', body: { method: 'things/find' } },
    ...(facts ? { facts } : {}),
    send,
    read: ({ body }) => {
      if (!isFound(body)) throw problem('INVALID_REQUEST', 'There is no such thing.')
      return { result: body, shown: 'a thing' }
    },
  })

  it('is sent with the token, and shown as its `ApiExchange` defines', async () => {
    const { server, api, caller } = await stage(json(200, {}))
    const turn = turnOf()
    const send = async (headers: Readonly<Record<string, string>>, signal: AbortSignal, wire: Send) => {
      expect(Object.keys(headers)).toEqual(['authorization', 'accept'])
      const url = `${server.url}/things`
      const { status } = await wire({ url, method: 'POST', headers, body: '{}', maxBytes: 100, signal })
      return { status, body: found }
    }
    expect(await caller.for(turn).authorised(api, exchange(send))).toEqual(found)
    expect(server.requests).toMatchObject([
      {
        target: 'POST /things',
        headers: { accept: 'application/json', authorization: expect.stringMatching(/^Bearer eyJ/) },
      },
    ])
    expect(stepsOf(turn, 'api-call')).toMatchObject([
      {
        request: { method: 'POST', body: { method: 'things/find' } },
        response: { status: 200, body: 'a thing' },
      },
    ])
    expect(stepsOf(turn, 'validation')).toHaveLength(1)
  })

  it('fails with the problem of its `ApiExchange`, and shows as little of the response as other failures do', async () => {
    const { api, caller } = await stage(json(200, {}))
    const turn = turnOf()
    const send = async () => ({ status: 200, body: { code: 'NONE', more: 'more' } })
    await expect(caller.for(turn).authorised(api, exchange(send))).rejects.toThrow('There is no such thing.')
    expect(stepsOf(turn, 'api-call')).toMatchObject([
      { status: 'failed', response: { status: 200, body: { code: 'NONE' } } },
    ])
  })

  it('is not repeated if its `ApiExchange` forbids it, since the call may have changed something', async () => {
    const { api, caller } = await stage(json(200, {}))
    const send = vi.fn().mockRejectedValue(new SendError('broken', 'It broke.'))
    const call = caller.for(turnOf()).authorised(api, exchange(send))
    await expect(call).rejects.toEqual(refusal('API_UNAVAILABLE'))
    expect(send).toHaveBeenCalledTimes(1)
  })

  it('has attributes of its protocol in its span, set at its start and at its end', async () => {
    const { api, caller } = await stage(json(200, {}))
    const spans: unknown[] = []
    const observer: StepObserver = {
      stepStarted: ({ kind }, facts) => void (kind === 'api-call' && spans.push(facts)),
      stepEnded: ({ kind }, _facts, attributes) => void (kind === 'api-call' && spans.push(attributes)),
    }
    const facts = { name: 'find things', attributes: { 'rpc.method': 'find' } }
    for (const [status, body] of [
      [200, found],
      [404, {}],
    ] as const) {
      const send = async () => ({ status, body, attributes: { 'rpc.status': status } })
      const context = caller.for(turnOf(undefined, undefined, observer))
      await context.authorised(api, exchange(send, facts)).catch(() => undefined)
    }
    const started = {
      name: 'find things',
      attributes: expect.objectContaining({ 'app.api.name': 'weather-api', 'rpc.method': 'find' }),
    }
    expect(spans).toEqual([started, { 'rpc.status': 200 }, started, { 'rpc.status': 404 }])
  })
})

describe('a traced call', () => {
  it.each([
    ['http://localhost:1/base', 'localhost', 1],
    ['https://api.invalid', 'api.invalid', 443],
    ['http://api.invalid', 'api.invalid', 80],
  ])('of %s names the API and its address, without the path', async (url, hostname, port) => {
    const started: StepFacts[] = []
    const observer: StepObserver = {
      stepStarted: ({ kind }, facts) => void (kind === 'api-call' && started.push(facts)),
      stepEnded: () => undefined,
    }
    const sidecar = await start(grantingSidecar)
    const api = { ...weatherApi, url }
    const call = callerOf([api], sidecar.url)
      .caller.for(turnOf(undefined, undefined, observer))
      .call(api, ask)
    await expect(call).rejects.toThrow()
    expect(started[0]).toEqual({
      name: 'GET weather-api',
      attributes: { 'server.address': hostname, 'server.port': port, 'app.api.name': 'weather-api' },
    })
  })

  it('passes its traceparent on; an untraced call passes none', async () => {
    const { server, call } = await stage(json(200, found))
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    const observer = { stepStarted: () => traceparent, stepEnded: () => undefined }
    await call(turnOf(undefined, undefined, observer))
    await call(turnOf())
    expect(server.requests[0]?.headers).toMatchObject({ traceparent })
    expect(server.requests[1]?.headers).not.toHaveProperty('traceparent')
  })
})

describe('the log of calls', () => {
  it('has a line for each call that failed, and none for calls that worked or were given up', async () => {
    let respond = json(403, { code: 'FORBIDDEN' })
    const { call, logged, server } = await stage(response => respond(response))
    const turn = turnOf()
    await expect(call(turn)).rejects.toThrow()
    respond = json(200, found)
    await call(turnOf())
    respond = response => response
    const client = new AbortController()
    const asked = call(turnOf(undefined, client.signal))
    await expect.poll(() => server.requests.length).toBe(3)
    client.abort(new Error('went away'))
    await expect(asked).rejects.toThrow('went away')
    expect(logged()).toEqual([
      expect.objectContaining({
        level: 30,
        msg: 'An API call failed.',
        api: 'weather-api',
        correlationId: turn.correlationId,
        code: 'API_FORBIDDEN',
        upstream: { service: 'weather-api', status: 403, code: 'FORBIDDEN' },
      }),
    ])
  })
})

describe('a call under way', () => {
  it('ends when the agent stops', async () => {
    const { server, caller, call } = await stage(() => undefined)
    const asked = call(turnOf()).catch((error: Error) => error)
    await expect.poll(() => server.requests.length).toBe(1)
    await caller.close()
    expect(await asked).toMatchObject({ code: 'API_UNAVAILABLE', cause: { code: 'UND_ERR_DESTROYED' } })
  })
})

describe('the health of an API', () => {
  it('is unknown if the API was never called', async () => {
    const { caller, api } = await stage(json(200, found))
    expect(caller.healthOf({ ...api, name: 'other-api' }, agent)).toEqual({ state: 'unknown' })
  })

  it('is not probed if the API has no health check', async () => {
    const server = await start((_request, response) => response.end())
    const api = { ...weatherApi, url: server.url, healthPath: undefined }
    const { caller } = callerOf([api], 'http://localhost:1')
    await caller.refresh()
    expect(server.requests).toEqual([])
    expect(caller.healthOf(api, agent)).toEqual({ state: 'unknown' })
  })

  it('is probed again when the last probe is 5 seconds old', async () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    try {
      const { caller, server } = await stage(lookAtReady(200))
      await caller.refresh()
      vi.advanceTimersByTime(4_999)
      await caller.refresh()
      expect(server.requests).toHaveLength(1)
      vi.advanceTimersByTime(1)
      await caller.refresh()
      expect(server.requests).toHaveLength(2)
    } finally {
      vi.useRealTimers()
    }
  })

  it('is unavailable, with the status, if the API says that it is not ready', async () => {
    const { caller, api } = await stage(lookAtReady(503))
    await caller.refresh()
    expect(caller.healthOf(api, agent)).toMatchObject({
      state: 'unavailable',
      problem: { message: 'The Weather API is not ready.', options: { upstream: { status: 503 } } },
    })
  })

  it('is unavailable if nobody listens', async () => {
    const api = { ...weatherApi, url: await deadUrl() }
    const { caller } = callerOf([api], 'http://localhost:1')
    await caller.refresh()
    expect(caller.healthOf(api, agent)).toMatchObject({ problem: { code: 'API_UNAVAILABLE' } })
  })

  it.each([401, 403])('stays unavailable after status %i until a call succeeds', async status => {
    let respond = json(status, {})
    const { caller, api, call } = await stage(response => respond(response))
    await expect(call(turnOf())).rejects.toThrow()
    respond = json(200, found)
    await caller.refresh()
    expect(caller.healthOf(api, agent).state).toBe('unavailable')
    await call(turnOf())
    expect(caller.healthOf(api, agent).state).toBe('ready')
  })

  it('is kept for each agent, since the API may refuse one of them', async () => {
    let respond = json(200, found)
    const { caller, api, call } = await stage(response => respond(response))
    await call(turnOf())
    respond = json(403, {})
    await expect(call({ ...turnOf(), agent: secondAgent })).rejects.toEqual(refusal('API_FORBIDDEN'))
    expect(caller.healthOf(api, agent).state).toBe('ready')
    expect(caller.healthOf(api, secondAgent).state).toBe('unavailable')
  })

  it('is ready again when a probe succeeds after an outage', async () => {
    let respond = json(503, {})
    const { caller, api, call } = await stage(response => respond(response))
    await expect(call(turnOf())).rejects.toThrow()
    respond = json(200, {})
    await caller.refresh()
    expect(caller.healthOf(api, agent).state).toBe('ready')
  })

  it('is ready even if a call failed because of a fault in its request', async () => {
    const { caller, api, call } = await stage(json(400, {}))
    await expect(call(turnOf())).rejects.toThrow()
    expect(caller.healthOf(api, agent).state).toBe('ready')
  })
})
