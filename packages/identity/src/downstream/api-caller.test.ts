import { randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { type Send, SendError } from '@entra-agents/service-kit/send'
import { describe, expect, it, vi } from 'vitest'
import type { Caller } from '../caller.ts'
import { identityProblem } from '../problems.ts'
import {
  agent,
  autonomousClaims,
  deadUrl,
  ids,
  ordersApi,
  secondAgent,
  unsignedToken,
} from '../testing/fixtures.ts'
import type { IdentityTiming } from '../timing.ts'
import type { StepFacts, StepObserver } from '../trace-recorder.ts'
import type { ApiExchange, ApiRequest } from './api-context.ts'
import type { Reply } from './responses.ts'
import {
  apiCallerOf,
  grantingSidecar,
  okChecks,
  problemOf,
  sendJson,
  startTestServer,
  stepsOf,
  turnOf,
  validation,
} from './testing/stage.ts'

interface Thing {
  readonly found: string
}

const isThing = (body: unknown): body is Thing => (body as Partial<Thing> | undefined)?.found !== undefined
const thing = { found: 'it', validated: validation(null) }
const thingRequest: ApiRequest<Thing> = { path: '/things?n=1', subject: 'things', isBody: isThing }

async function startApi(respond: (response: ServerResponse) => void, timing?: Partial<IdentityTiming>) {
  const server = await startTestServer((_request, response) => respond(response))
  const sidecar = await startTestServer(grantingSidecar)
  const api = { ...ordersApi, url: server.url }
  const { caller, lines } = apiCallerOf([api], sidecar.url, timing)
  return {
    server,
    api,
    caller,
    call: (turn: Caller, changes: Partial<ApiRequest<Thing>> = {}) =>
      caller.for(turn).call(api, { ...thingRequest, ...changes }),
    logged: () =>
      lines.map(line => JSON.parse(line)).filter(({ msg }: { msg: string }) => msg.startsWith('An API')),
  }
}

describe('a change whose connection broke', () => {
  it.each([
    ['again with the same key, if the API makes it only once for a key', true, ['"key-1"', '"key-1"']],
    ['only once, if the API might make it twice', false, ['"key-1"']],
  ])('is sent as often as the API allows: %s', async (_what, isIdempotent, keys) => {
    const { server, api, caller } = await startApi(response => response.destroy())
    const context = caller
      .for(turnOf())
      .under('step-1', { idempotencyKey: 'key-1', isIdempotent, mayHaveRun: false })
    const thing = {
      method: 'POST',
      path: '/things',
      subject: 'a thing',
      statuses: [201],
      isBody: isThing,
    } as const
    await expect(context.change(api, thing)).rejects.toThrow(problemOf('API_UNAVAILABLE'))
    expect(server.requests.map(({ headers }) => headers['idempotency-key'])).toEqual(keys)
  })
})

const respondWithStatus = (status: number) => (response: ServerResponse) => sendJson(status, {})(response)

describe('a call of an API in the trace', () => {
  it('shows the request and the response, and then what the API says of the token', async () => {
    const { server, call } = await startApi(sendJson(200, thing))
    const turn = turnOf()
    expect(await call(turn)).toEqual(thing)
    const { id: _, startedAt: _at, durationMs: _ms, ...step } = stepsOf(turn, 'api-call')[0] ?? {}
    const [card] = stepsOf(turn, 'token')
    expect(step).toStrictEqual({
      kind: 'api-call',
      from: 'agent',
      to: 'orders-api',
      status: 'ok',
      title: 'The agent calls the Orders API: things',
      request: {
        method: 'GET',
        url: `${server.url}/things?n=1`,
        headers: {
          authorization: `Bearer TR ‹${card?.token?.fingerprint}›`,
          accept: 'application/json',
        },
      },
      response: { status: 200, body: thing },
      logIds: {},
    })
    expect(stepsOf(turn, 'validation')).toMatchObject([
      {
        status: 'ok',
        from: 'orders-api',
        to: 'agent',
        title: `The Orders API verified TR: agent ${ids.agentClientId} acts as itself`,
        token: card?.token,
      },
    ])
    expect(card?.token?.verifiedBy?.at(-1)).toEqual({ actor: 'orders-api', checks: okChecks })
  })

  it.each([
    [null, true, `verified TR: agent ${ids.agentClientId} acts as itself`],
    [ids.ada, true, `verified TR: agent ${ids.agentClientId} acts on behalf of user ${ids.ada}`],
    [null, false, `read TR without verifying its signature: agent ${ids.agentClientId} acts as itself`],
  ])('shows for whom the agent acts (user %s, verified: %s)', async (user, signature_verified, title) => {
    const { call } = await startApi(
      sendJson(200, { ...thing, validated: { ...validation(user), signature_verified } }),
    )
    const turn = turnOf(user ?? undefined)
    await call(turn)
    expect(stepsOf(turn, 'validation')[0]?.title).toBe(`The Orders API ${title}`)
  })

  const stranger = 'eeeeeeee-0000-4000-8000-0000000000ff'
  it.each([
    ['another user', ids.ada, { on_behalf_of: ids.ben }, 'user'],
    ['a user of an autonomous turn', undefined, { flow: 'obo', on_behalf_of: stranger }, 'flow, user'],
    ['no user', ids.ada, { flow: 'autonomous', on_behalf_of: null }, 'flow, user'],
    ['another agent', undefined, { caller: stranger }, 'caller'],
  ])('shows a failed validation if the API, unlike TR, names %s', async (_what, user, told, names) => {
    const word = { ...validation(user ?? null), ...told }
    const { call } = await startApi(sendJson(200, { ...thing, validated: word }))
    const turn = turnOf(user)
    await call(turn)
    const [card] = stepsOf(turn, 'token')
    expect(stepsOf(turn, 'validation')).toMatchObject([
      { status: 'failed', title: `What the Orders API says of TR is not what TR says: ${names}` },
    ])
    expect(card?.token?.verifiedBy?.slice(1)).toEqual([
      { actor: 'orders-api', checks: okChecks },
      { actor: 'agent', checks: names.split(', ').map(name => ({ name: `reported-${name}`, ok: false })) },
    ])
    expect(JSON.stringify(turn.trace.steps.map(({ title }) => title))).not.toContain(stranger)
  })

  it('shows a passed validation even if the API writes an id in capitals', async () => {
    const caller = ids.agentClientId.toUpperCase()
    const { call } = await startApi(sendJson(200, { ...thing, validated: { ...validation(null), caller } }))
    const turn = turnOf()
    await call(turn)
    expect(stepsOf(turn, 'validation')).toMatchObject([{ status: 'ok' }])
  })

  it.each([
    ['nothing', undefined],
    ['a caller that is no id', { ...validation(null), caller: 'the administrator' }],
    ['a user that is no id', { ...validation(null), on_behalf_of: 'everybody' }],
    ['a check in a sentence', { ...validation(null), checks: [{ name: 'All is well with it.', ok: true }] }],
    ['no caller', { ...validation(null), caller: undefined }],
    ['another flow', { ...validation(null), flow: 'both' }],
    ['a user that is no text', { ...validation(null), on_behalf_of: 7 }],
    ['no word on the signature', { ...validation(null), signature_verified: undefined }],
    ['a check without a name', { ...validation(null), checks: [{ ok: true }] }],
    ['a check that says more', { ...validation(null), checks: [{ name: 'x', ok: true, by: 'me' }] }],
    ['more than 20 checks', { ...validation(null), checks: Array(21).fill({ name: 'x', ok: true }) }],
  ])('shows no validation if the API says %s', async (_what, word) => {
    const { call } = await startApi(sendJson(200, { found: 'it', validated: word }))
    const turn = turnOf()
    await call(turn)
    expect(stepsOf(turn, 'validation')).toEqual([])
  })

  it.each([
    [{ code: 'BUSY' }, { code: 'BUSY' }, ' (BUSY)'],
    [{ code: 7, secret: 'x' }, {}, ''],
  ])('shows only the problem members of a failed response, here of %j', async (sent, body, named) => {
    const { call } = await startApi(sendJson(503, sent))
    const turn = turnOf()
    await expect(call(turn)).rejects.toEqual(problemOf('API_UNAVAILABLE'))
    const [step] = stepsOf(turn, 'api-call')
    expect(step).toMatchObject({ status: 'failed', problem: { requestId: 'request-1' } })
    expect(step?.problem?.detail).toBe(`The Orders API responded 503${named}.`)
    expect(step?.response).toEqual({ status: 503, body })
    expect(stepsOf(turn, 'token')[0]?.token?.verifiedBy).toMatchObject([{ actor: 'agent' }])
  })

  it.each([
    ['in a result', 200, (sent: string) => ({ found: sent })],
    ['in a result, in pieces', 200, (sent: string) => ({ found: 'it', more: sent.match(/.{1,9}/g) })],
    ['in a failure', 400, (sent: string) => ({ detail: [...sent].join(' ') })],
  ])('fails if the API sends TR back %s, and shows nothing of TR', async (_where, status, body) => {
    const signature = randomBytes(256).toString('base64url')
    const sidecar = await startTestServer((_request, response) => {
      const [header, claims] = unsignedToken(autonomousClaims()).split('.')
      response.end(JSON.stringify({ authorizationHeader: `Bearer ${header}.${claims}.${signature}` }))
    })
    const server = await startTestServer((_request, response) => sendJson(status, body(signature))(response))
    const api = { ...ordersApi, url: server.url }
    const { caller, lines } = apiCallerOf([api], sidecar.url)
    const turn = turnOf()
    await expect(caller.for(turn).call(api, thingRequest)).rejects.toEqual(problemOf('API_ECHOED_TOKEN'))
    expect(stepsOf(turn, 'api-call')).toMatchObject([
      { status: 'failed', problem: { code: 'API_ECHOED_TOKEN', upstream: { status } } },
    ])
    expect(JSON.stringify([turn.trace.steps, lines])).not.toContain(signature.slice(0, 9))
  })

  it('removes any token other than TR from the result', async () => {
    const { call } = await startApi(sendJson(200, { found: `Bearer ${unsignedToken({ sub: 'somebody' })}` }))
    const turn = turnOf()
    expect(await call(turn)).toEqual({ found: 'Bearer ‹token removed›' })
    expect(stepsOf(turn, 'api-call')[0]?.response?.body).toEqual({ found: 'Bearer ‹token removed›' })
  })

  it('fails if nobody listens at the API’s address', async () => {
    const sidecar = await startTestServer(grantingSidecar)
    const api = { ...ordersApi, url: await deadUrl() }
    const turn = turnOf()
    await expect(apiCallerOf([api], sidecar.url).caller.for(turn).call(api, thingRequest)).rejects.toThrow(
      'cannot be reached',
    )
    expect(stepsOf(turn, 'api-call').map(step => step.problem)).toMatchObject([
      { code: 'API_UNAVAILABLE', requestId: 'request-1' },
      { code: 'API_UNAVAILABLE' },
    ])
  })

  it('fails if the body is not what was asked for, or if the status is not 200', async () => {
    const unasked = await startApi(sendJson(200, { other: 'thing' }))
    await expect(unasked.call(turnOf())).rejects.toThrow('not what it promises')
    const created = await startApi(sendJson(201, thing))
    await expect(created.call(turnOf())).rejects.toThrow('responded 201')
  })

  it('fails if the response is larger than 256 KiB, or comes too late', async () => {
    const large = await startApi(sendJson(200, { found: 'x'.repeat(256 * 1024) }))
    await expect(large.call(turnOf())).rejects.toMatchObject({ cause: { kind: 'too-large' } })
    const late = await startApi(() => undefined, { apiCallMs: 20 })
    await expect(late.call(turnOf())).rejects.toMatchObject({ cause: { kind: 'timeout' } })
  })

  it('fails with the problem that its caller’s `explain` returns, if any', async () => {
    const { call } = await startApi(sendJson(404, {}))
    const explain = vi.fn().mockReturnValueOnce(identityProblem('INVALID_REQUEST', 'There is no such thing.'))
    await expect(call(turnOf(), { explain })).rejects.toThrow('There is no such thing.')
    expect(explain).toHaveBeenCalledWith({ status: 404, challenge: undefined, body: {} })
    await expect(call(turnOf(), { explain })).rejects.toThrow('responded 404')
  })
})

describe('a call in a protocol of its own', () => {
  const exchange = (
    send: ApiExchange<Reply, Thing>['send'],
    facts?: StepFacts,
  ): ApiExchange<Reply, Thing> => ({
    subject: 'things/find',
    mayRepeat: false,
    shown: { method: 'POST', path: '', body: { method: 'things/find' } },
    ...(facts ? { facts } : {}),
    send,
    read: ({ body }) => {
      if (!isThing(body)) throw identityProblem('INVALID_REQUEST', 'There is no such thing.')
      return { result: body, shown: 'a thing' }
    },
  })

  it('is sent with the token, and shown as its `ApiExchange` defines', async () => {
    const { server, api, caller } = await startApi(sendJson(200, {}))
    const turn = turnOf()
    const send = async (headers: Readonly<Record<string, string>>, signal: AbortSignal, wire: Send) => {
      expect(Object.keys(headers)).toEqual(['authorization', 'accept'])
      const url = `${server.url}/things`
      const { status } = await wire({ url, method: 'POST', headers, body: '{}', maxBytes: 100, signal })
      return { status, body: thing }
    }
    expect(await caller.for(turn).authorised(api, exchange(send))).toEqual(thing)
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

  it('fails with the problem of its `ApiExchange`, and shows only the problem members of the response', async () => {
    const { api, caller } = await startApi(sendJson(200, {}))
    const turn = turnOf()
    const send = async () => ({ status: 200, body: { code: 'NONE', more: 'more' } })
    await expect(caller.for(turn).authorised(api, exchange(send))).rejects.toThrow('There is no such thing.')
    expect(stepsOf(turn, 'api-call')).toMatchObject([
      { status: 'failed', response: { status: 200, body: { code: 'NONE' } } },
    ])
  })

  it('is not repeated if its `ApiExchange` forbids repetition, since the call may have changed something', async () => {
    const { api, caller } = await startApi(sendJson(200, {}))
    const send = vi.fn().mockRejectedValue(new SendError('broken', 'It broke.'))
    const call = caller.for(turnOf()).authorised(api, exchange(send))
    await expect(call).rejects.toEqual(problemOf('API_UNAVAILABLE'))
    expect(send).toHaveBeenCalledTimes(1)
  })

  it('adds attributes of its protocol to the span, at the span’s start and at the span’s end', async () => {
    const { api, caller } = await startApi(sendJson(200, {}))
    const spans: unknown[] = []
    const observer: StepObserver = {
      stepStarted: ({ kind }, facts) => void (kind === 'api-call' && spans.push(facts)),
      stepEnded: ({ kind }, _facts, attributes) => void (kind === 'api-call' && spans.push(attributes)),
    }
    const facts = { name: 'find things', attributes: { 'rpc.method': 'find' } }
    for (const [status, body] of [
      [200, thing],
      [404, {}],
    ] as const) {
      const send = async () => ({ status, body, attributes: { 'rpc.status': status } })
      const context = caller.for(turnOf(undefined, undefined, observer))
      await context.authorised(api, exchange(send, facts)).catch(() => undefined)
    }
    const started = {
      name: 'find things',
      attributes: expect.objectContaining({ 'app.api.name': 'orders-api', 'rpc.method': 'find' }),
    }
    expect(spans).toEqual([started, { 'rpc.status': 200 }, started, { 'rpc.status': 404 }])
  })
})

describe('a traced call', () => {
  it.each([
    ['http://localhost:1/base', 'localhost', 1],
    ['https://api.invalid', 'api.invalid', 443],
    ['http://api.invalid', 'api.invalid', 80],
  ])('of the URL %s has a span that names API and host, but not the path', async (url, hostname, port) => {
    const started: StepFacts[] = []
    const observer: StepObserver = {
      stepStarted: ({ kind }, facts) => void (kind === 'api-call' && started.push(facts)),
      stepEnded: () => undefined,
    }
    const sidecar = await startTestServer(grantingSidecar)
    const api = { ...ordersApi, url }
    const call = apiCallerOf([api], sidecar.url)
      .caller.for(turnOf(undefined, undefined, observer))
      .call(api, thingRequest)
    await expect(call).rejects.toThrow()
    expect(started[0]).toEqual({
      name: 'GET orders-api',
      attributes: { 'server.address': hostname, 'server.port': port, 'app.api.name': 'orders-api' },
    })
  })

  it('passes its traceparent on; an untraced call passes none', async () => {
    const { server, call } = await startApi(sendJson(200, thing))
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
    let respond = sendJson(403, { code: 'FORBIDDEN' })
    const { call, logged, server } = await startApi(response => respond(response))
    const turn = turnOf()
    await expect(call(turn)).rejects.toThrow()
    respond = sendJson(200, thing)
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
        api: 'orders-api',
        correlationId: turn.correlationId,
        code: 'API_FORBIDDEN',
        upstream: { service: 'orders-api', status: 403, code: 'FORBIDDEN' },
      }),
    ])
  })
})

describe('a call under way', () => {
  it('ends when the agent stops', async () => {
    const { server, caller, call } = await startApi(() => undefined)
    const asked = call(turnOf()).catch((error: Error) => error)
    await expect.poll(() => server.requests.length).toBe(1)
    await caller.close()
    expect(await asked).toMatchObject({ code: 'API_UNAVAILABLE', cause: { code: 'UND_ERR_DESTROYED' } })
  })
})

describe('the health of an API', () => {
  it('is unknown if the API was never called', async () => {
    const { caller, api } = await startApi(sendJson(200, thing))
    expect(caller.healthOf({ ...api, name: 'other-api' }, agent)).toEqual({ state: 'unknown' })
  })

  it('is not probed if the API has no health check', async () => {
    const server = await startTestServer((_request, response) => response.end())
    const api = { ...ordersApi, url: server.url, healthPath: undefined }
    const { caller } = apiCallerOf([api], 'http://localhost:1')
    await caller.refresh()
    expect(server.requests).toEqual([])
    expect(caller.healthOf(api, agent)).toEqual({ state: 'unknown' })
  })

  it('is probed again when the last probe is 5 seconds old', async () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    try {
      const { caller, server } = await startApi(respondWithStatus(200))
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

  it('is waited for by all who ask while a probe is under way', async () => {
    let respond = () => {}
    const { caller, api, server } = await startApi(response => {
      respond = () => response.end('{}')
    })
    const first = caller.refresh()
    await expect.poll(() => server.requests.length).toBe(1)
    const second = caller.refresh()
    respond()
    await second
    expect(caller.healthOf(api, agent).state).toBe('ready')
    await first
    expect(server.requests).toHaveLength(1)
  })

  it('is unavailable, with the status, if the API says that it is not ready', async () => {
    const { caller, api } = await startApi(respondWithStatus(503))
    await caller.refresh()
    expect(caller.healthOf(api, agent)).toMatchObject({
      state: 'unavailable',
      problem: { message: 'The Orders API is not ready.', options: { upstream: { status: 503 } } },
    })
  })

  it('is unavailable if nobody listens at the API’s address', async () => {
    const api = { ...ordersApi, url: await deadUrl() }
    const { caller } = apiCallerOf([api], 'http://localhost:1')
    await caller.refresh()
    expect(caller.healthOf(api, agent)).toMatchObject({ problem: { code: 'API_UNAVAILABLE' } })
  })

  it.each([401, 403])('stays unavailable after status %i until a call succeeds', async status => {
    let respond = sendJson(status, {})
    const { caller, api, call } = await startApi(response => respond(response))
    await expect(call(turnOf())).rejects.toThrow()
    respond = sendJson(200, thing)
    await caller.refresh()
    expect(caller.healthOf(api, agent).state).toBe('unavailable')
    await call(turnOf())
    expect(caller.healthOf(api, agent).state).toBe('ready')
  })

  it('is kept for each agent, since the API may refuse one of them', async () => {
    let respond = sendJson(200, thing)
    const { caller, api, call } = await startApi(response => respond(response))
    await call(turnOf())
    respond = sendJson(403, {})
    await expect(call({ ...turnOf(), agent: secondAgent })).rejects.toEqual(problemOf('API_FORBIDDEN'))
    expect(caller.healthOf(api, agent).state).toBe('ready')
    expect(caller.healthOf(api, secondAgent).state).toBe('unavailable')
  })

  it('is ready again when a probe succeeds after an outage', async () => {
    let respond = sendJson(503, {})
    const { caller, api, call } = await startApi(response => respond(response))
    await expect(call(turnOf())).rejects.toThrow()
    respond = sendJson(200, {})
    await caller.refresh()
    expect(caller.healthOf(api, agent).state).toBe('ready')
  })

  it('is ready even if a call failed because of a fault in its request', async () => {
    const { caller, api, call } = await startApi(sendJson(400, {}))
    await expect(call(turnOf())).rejects.toThrow()
    expect(caller.healthOf(api, agent).state).toBe('ready')
  })
})
