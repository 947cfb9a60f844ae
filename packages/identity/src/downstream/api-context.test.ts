import type { RequestListener, ServerResponse } from 'node:http'
import { type ProblemError, toProblem } from '@entra-agents/service-kit'
import { type Send, SendError } from '@entra-agents/service-kit/send'
import { describe, expect, it, vi } from 'vitest'
import type { Caller } from '../caller.ts'
import type { DownstreamApi } from '../downstream-api.ts'
import { identityProblem } from '../problems.ts'
import {
  autonomousClaims,
  describeProblem,
  ids,
  onBehalfOfClaims,
  ordersApi,
  signature,
  verifiedUser,
} from '../testing/fixtures.ts'
import type { StepFacts, StepObserver } from '../trace-recorder.ts'
import type { ApiChange, ApiContext, ApiExchange, ApiRequest, Permit } from './api-context.ts'
import type { Reply } from './responses.ts'
import {
  apiCallerOf,
  describeSteps,
  grant,
  grantingSidecar,
  inOrder,
  nameIds,
  problemOf,
  refuse,
  sendJson,
  startApi,
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
const request: ApiRequest<Thing> = { path: '/things?n=1', subject: 'things', isBody: isThing }
const permit: Permit = { idempotencyKey: 'key-1', isIdempotent: true, mayHaveRun: false }
const change: ApiChange<Thing> = {
  method: 'POST',
  path: '/things',
  body: { name: 'a thing' },
  subject: 'a new thing',
  statuses: [201],
  isBody: isThing,
}
const { body: _, ...withoutBody } = change
const removal: ApiChange<Thing> = { ...withoutBody, method: 'DELETE', path: '/things/1', statuses: [200] }
const claims = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}'
const stepUp = sendJson(
  401,
  {},
  {
    'www-authenticate': `Bearer error="insufficient_claims", claims="${Buffer.from(claims).toString('base64')}"`,
  },
)
const breakOff = (response: ServerResponse) => response.destroy()

type Run = (context: ApiContext<Caller>, api: DownstreamApi) => Promise<unknown>

interface Case {
  /** The API's responses, in order; further requests get the last. */
  readonly responses: readonly ((response: ServerResponse) => void)[]
  readonly user?: string
  /** The user’s token. */
  readonly tc?: string
  readonly run?: Run
  readonly sidecar?: RequestListener
}

const ask =
  (changes: Partial<ApiRequest<Thing>> = {}): Run =>
  (context, api) =>
    context.call(api, { ...request, ...changes })
const make =
  (changes: Partial<ApiChange<Thing>> = {}, permits: Partial<Permit> = {}): Run =>
  (context, api) =>
    context.under('step-1', { ...permit, ...permits }).change(api, { ...change, ...changes })
/** An API that finds a thing and says this of the token. */
const saying = (word: object, user?: string) =>
  sendJson(200, { found: 'it', validated: { ...validation(user ?? null), ...word } })
const denied = sendJson(403, { code: 'ORDERS_DENIED', detail: 'On the list.', failedCheck: 'deny-list' })
const passedChecks = ['signature', 'caller'].map(name => ({ name, ok: true }))
/** A sidecar that has another token past its cache. */
const renewingSidecar: RequestListener = ({ url }, response) =>
  grant(autonomousClaims({ uti: url?.includes('ForceRefresh') ? 'new' : 'cached' }))(response)
/** A sidecar that responds to a request past its cache that Entra has disabled the agent. */
const sidecarOfDisabledAgent: RequestListener = (incoming, response) => {
  if (!incoming.url?.includes('ForceRefresh')) return grantingSidecar(incoming, response)
  refuse(401, `AADSTS7000112: Application '${ids.agentClientId}' is disabled.`)(response)
}
const explained = (message: string) => ({
  explain: (failed: object) => identityProblem('INVALID_REQUEST', `${message} ${JSON.stringify(failed)}`),
})
/** The checks of a refusal whose names are these parts of a text. */
const checksOf = (parts: readonly string[] | null) => [
  ...(parts ?? []).map(part => ({ name: `c${part}`, ok: true })),
  { name: 'last', ok: false },
]
const signatureOfTc = [...signature].toReversed().join('')
/** A call in a protocol of its own. */
const exchange = (changes: Partial<ApiExchange<Reply, Thing>> = {}): ApiExchange<Reply, Thing> => ({
  subject: 'things/find',
  mayRepeat: false,
  shown: { method: 'POST', path: '', body: { method: 'things/find' } },
  send: async () => ({ status: 200, body: thing }),
  read: ({ body }) => {
    if (!isThing(body)) throw identityProblem('INVALID_REQUEST', 'There is no such thing.')
    return { result: body, shown: 'a thing' }
  },
  ...changes,
})
const failWithTc: Run = (context, api) => {
  const read = () => {
    throw identityProblem('INVALID_REQUEST', `It is no thing: ${signatureOfTc}`)
  }
  return context.authorised(api, exchange({ read }))
}
const stranger = 'eeeeeeee-0000-4000-8000-0000000000ff'

// biome-ignore format: table
const cases: Readonly<Record<string, Case>> = {
  'a request': { responses: [sendJson(200, thing)] },
  'a request whose connection breaks once': { responses: [breakOff, sendJson(200, thing)] },
  'a request whose connection always breaks': { responses: [breakOff] },
  'a search whose connection breaks once': { responses: [breakOff, sendJson(200, thing)], run: ask({ path: '/search', search: { words: 'rain' } }) },
  'a change': { responses: [sendJson(201, thing)], run: make() },
  'a change without a body': { responses: [sendJson(200, thing)], run: (context, api) => context.under('step-1', permit).change(api, removal) },
  'a change that the API makes once for a key, whose connection breaks': { responses: [breakOff], run: make() },
  'a change that the API might make twice, whose connection breaks': { responses: [breakOff], run: make({}, { isIdempotent: false }) },
  'the API says that it is for a user': { responses: [saying({}, ids.ada)], user: ids.ada },
  'the API has not verified the signature': { responses: [saying({ signature_verified: false })] },
  'the API names an id in capitals': { responses: [saying({ caller: ids.agentClientId.toUpperCase() })] },
  'the API names another user than TR': { responses: [saying({ on_behalf_of: ids.ben }, ids.ada)], user: ids.ada },
  'the API names a user, unlike TR': { responses: [saying({ flow: 'obo', on_behalf_of: stranger })] },
  'the API names no user, unlike TR': { responses: [saying({ flow: 'autonomous', on_behalf_of: null }, ids.ada)], user: ids.ada },
  'the API names another agent than TR': { responses: [saying({ caller: stranger })] },
  'a failure with a code': { responses: [sendJson(503, { code: 'BUSY' })] },
  'a failure whose members are not shown': { responses: [sendJson(503, { code: 7, secret: 'x' })] },
  'a failure with a check': { responses: [sendJson(401, { failedCheck: 'audience' })] },
  'a refusal with all checks up to the failed one': { responses: [sendJson(403, { failedCheck: 'permission', checks: [...passedChecks, { name: 'permission', ok: false }] })] },
  'a refusal with checks that contradict it': { responses: [sendJson(403, { failedCheck: 'permission', checks: passedChecks })] },
  'a refusal for lack of a permission that the token has': { responses: [sendJson(403, { failedCheck: 'permission' })] },
  'a token that the API denies, and a new one that it accepts': { responses: [denied, sendJson(200, thing)], sidecar: renewingSidecar },
  'a token that the API denies, as the new one': { responses: [denied] },
  'a token that the API denies, since the agent is disabled': { responses: [denied], sidecar: sidecarOfDisabledAgent },
  'a result with a token in it': { responses: [sendJson(200, { found: 'Bearer eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl' })] },
  'a result that is the token': { responses: [sendJson(200, { found: signature })] },
  'a result that is the token, for a user': { responses: [sendJson(200, { found: signature })], user: ids.ada },
  'a failure with the token in it, among blanks': { responses: [sendJson(400, { detail: [...signature].join(' ') })] },
  'a refusal with the token in the names of its checks': { responses: [sendJson(403, { failedCheck: 'last', checks: checksOf(signature.match(/.{1,20}/g)) })] },
  'a failure with the user’s token in it, in words of the tool': { responses: [], user: ids.ada, tc: `a.b.${signatureOfTc}`, run: failWithTc, sidecar: inOrder(grant(onBehalfOfClaims(ids.ada))) },
  'a body that was not asked for': { responses: [sendJson(200, { other: 'thing' })] },
  'a status that was not asked for': { responses: [sendJson(201, thing)] },
  'a failure that the tool explains': { responses: [sendJson(404, {})], run: ask(explained('There is no such thing.')) },
  'a failure that the tool does not explain': { responses: [sendJson(404, {})], run: ask({ explain: () => undefined }) },
  'a change with a status that was not asked for': { responses: [sendJson(200, thing)], run: make() },
  'a change with a body that was not asked for': { responses: [sendJson(201, {})], run: make() },
  'a change with a body that the tool explains': { responses: [sendJson(201, {})], run: make(explained('It is another thing.')) },
  'a request for which the API wants a step-up': { responses: [stepUp], user: ids.ada },
  'a change for which the API wants a step-up': { responses: [stepUp], user: ids.ada, run: make() },
  'a change for which the API wants a step-up again': { responses: [stepUp], user: ids.ada, run: make({}, { claims }) },
}

it('A call is sent with TR, and is in the trace with its response and what the API says of TR', async () => {
  const blocks: string[] = []
  for (const [what, { responses, user, tc, run = ask(), sidecar = grantingSidecar }] of Object.entries(
    cases,
  )) {
    let next = 0
    const {
      api,
      sent,
      asked,
      caller,
      lines: log,
    } = await startApi(response => responses[Math.min(next++, responses.length - 1)]?.(response), { sidecar })
    const turn = { ...turnOf(user), ...(user && tc && { user: verifiedUser(user, tc) }) }
    const outcome = await run(caller.for(turn), api).then(
      result => `returned: ${JSON.stringify(result)}`,
      (error: ProblemError) => describeProblem(error),
    )
    const steps = turn.trace.steps.filter(({ kind }) => kind === 'api-call' || kind === 'validation')
    const [card] = stepsOf(turn, 'token')
    const [, ...verifiedBy] = card?.token?.verifiedBy ?? []
    const checks = verifiedBy.map(by => `verified by ${by.actor}: ${JSON.stringify(by.checks)}`)
    const isPast = asked.map(({ target }) => target.includes('ForceRefresh=true'))
    const asks = isPast.length > 1 ? [`sidecar asked past its cache: ${isPast.join(', ')}`] : []
    const health = `health: ${caller.healthOf(api, turn.agent).state}`
    const lines = [
      ...sent.map(one => `sent: ${one}`),
      ...asks,
      outcome,
      health,
      describeSteps(steps),
      ...checks,
    ]
    for (const secret of [signature, signatureOfTc])
      expect(JSON.stringify([turn.trace.steps, log, lines])).not.toContain(secret.slice(0, 9))
    blocks.push(nameIds([`# ${what}`, ...lines, ''].join('\n')))
  }
  await expect(blocks.join('\n')).toMatchFileSnapshot('api-context.txt')
})

it.each([
  ['nothing', undefined],
  ['a caller that is no id', { caller: 'the administrator' }],
  ['a user that is no id', { on_behalf_of: 'everybody' }],
  ['a check in a sentence', { checks: [{ name: 'All is well with it.', ok: true }] }],
  ['no caller', { caller: undefined }],
  ['another flow', { flow: 'both' }],
  ['a user that is no text', { on_behalf_of: 7 }],
  ['no word on the signature', { signature_verified: undefined }],
  ['a check without a name', { checks: [{ ok: true }] }],
  ['a check that says more', { checks: [{ name: 'x', ok: true, by: 'me' }] }],
  ['more than 20 checks', { checks: Array(21).fill({ name: 'x', ok: true }) }],
])('The trace has no validation if the API says %s', async (_what, word) => {
  const { api, caller } = await startApi(word ? saying(word) : sendJson(200, { found: 'it' }))
  const turn = turnOf()
  await caller.for(turn).call(api, request)
  expect(stepsOf(turn, 'validation')).toEqual([])
})

describe('A token that was asked for ahead', () => {
  it('is taken by the calls of its API until it is left, and its step lies below the first of them', async () => {
    const { api, asked, caller } = await startApi(sendJson(200, thing))
    const turn = turnOf()
    const context = caller.for(turn)
    for (const _twice of [1, 2]) context.under('model').askAhead(api)
    for (const tool of ['tool-1', 'tool-2']) await context.under(tool).call(api, request)
    expect(asked).toHaveLength(1)
    context.leaveAhead()
    await context.under('tool-3').call(api, request)
    expect(asked).toHaveLength(2)
    const requests = stepsOf(turn, 'token-request').filter(({ from }) => from === 'agent')
    expect(requests.map(({ parentId, ahead, title }) => [parentId, ahead, title.split('API')[1]])).toEqual([
      ['tool-1', true, ', ahead of the call'],
      ['tool-2', undefined, ', together with the request ahead of the calls'],
      ['tool-3', undefined, ''],
    ])
    expect(new Set(stepsOf(turn, 'token').map(({ parentId }) => parentId))).toEqual(
      new Set(['tool-1', 'tool-2', 'tool-3']),
    )
  })

  it('is the one that must have a scope, before a call that needs it', async () => {
    const { api, asked, caller } = await startApi(sendJson(200, thing), {
      sidecar: inOrder(grant(onBehalfOfClaims(ids.ada))),
    })
    const context = caller.for(turnOf(ids.ada))
    await context.requireScope(api, 'Orders.Read')
    await context.call(api, request)
    expect(asked).toHaveLength(1)
  })

  it('is left by a call that has to prove more', async () => {
    const { api, asked, caller } = await startApi(sendJson(201, thing))
    const turn = turnOf(ids.ada)
    const context = caller.for(turn)
    context.under('model').askAhead(api)
    await make({}, { claims })(context, api)
    context.leaveAhead()
    expect(asked.map(({ target }) => decodeURIComponent(target).includes(claims))).toEqual([false, true])
    expect(stepsOf(turn, 'token-request')[0]).toMatchObject({ parentId: 'model', unused: true })
  })

  it('is refused to the calls that take it, and to no later one', async () => {
    const sidecar = inOrder(refuse(401, 'AADSTS65001: no consent'), grant(onBehalfOfClaims(ids.ada)))
    const { api, asked, caller } = await startApi(sendJson(200, thing), { sidecar })
    const context = caller.for(turnOf(ids.ada))
    context.askAhead(api)
    await expect.poll(() => stepsOf(context.turn, 'token-request')[0]?.status).toBe('failed')
    for (const _twice of [1, 2])
      await expect(context.call(api, request)).rejects.toThrow(problemOf('CONSENT_REQUIRED'))
    expect(asked).toHaveLength(1)
    context.leaveAhead()
    expect(await context.call(api, request)).toEqual(thing)
  })
})

it('A change is not sent without a permit', async () => {
  const { api, sent, caller } = await startApi(sendJson(201, thing))
  const context = caller.for(turnOf())
  expect(() => context.change(api, change)).toThrow('This call changes something, and nothing permits it.')
  expect(() => context.under('step-1').permit).toThrow('nothing permits it')
  expect(context.under('step-1', permit).permit).toBe(permit)
  expect(sent).toEqual([])
})

it('A call fails if the response is larger than 256 KiB, or too late', async () => {
  const large = await startApi(sendJson(200, { found: 'x'.repeat(256 * 1024) }))
  const late = await startApi(() => undefined, { timing: { apiCallMs: 20 } })
  const calls = [large, late].map(({ api, caller }) => caller.for(turnOf()).call(api, request))
  const errors = await Promise.all(calls.map(call => call.catch((error: ProblemError) => error)))
  expect(errors).toMatchObject([{ cause: { kind: 'too-large' } }, { cause: { kind: 'timeout' } }])
})

it('A change that its caller aborts ends at once, and its step stays `running` in the trace', async () => {
  const { api, caller, sent } = await startApi(() => undefined)
  const client = new AbortController()
  const turn = turnOf(undefined, client.signal)
  const asked = make()(caller.for(turn), api)
  await expect.poll(() => sent.length).toBe(1)
  client.abort(new Error('went away'))
  await expect(asked).rejects.toThrow('went away')
  expect(stepsOf(turn, 'api-call')).toMatchObject([{ status: 'running' }])
})

describe('A call in a protocol of its own', () => {
  it('is sent with the token, and shown as its `ApiExchange` defines', async () => {
    const { server, api, caller } = await startApi(sendJson(200, {}))
    const turn = turnOf()
    const send = async (headers: Readonly<Record<string, string>>, signal: AbortSignal, wire: Send) => {
      expect(Object.keys(headers)).toEqual(['authorization', 'accept'])
      const url = `${server.url}/things`
      const { status } = await wire({ url, method: 'POST', headers, body: '{}', maxBytes: 100, signal })
      return { status, body: thing }
    }
    expect(await caller.for(turn).authorised(api, exchange({ send }))).toEqual(thing)
    const headers = { accept: 'application/json', authorization: expect.stringMatching(/^Bearer eyJ/) }
    expect(server.requests).toMatchObject([{ target: 'POST /things', headers }])
    const unread = exchange({ send: async () => ({ status: 200, body: { code: 'NONE', more: 'more' } }) })
    await expect(caller.for(turn).authorised(api, unread)).rejects.toThrow('There is no such thing.')
    const body = { method: 'things/find' }
    expect(stepsOf(turn, 'api-call')).toMatchObject([
      { status: 'ok', request: { method: 'POST', body }, response: { status: 200, body: 'a thing' } },
      { status: 'failed', response: { status: 200, body: { code: 'NONE' } } },
    ])
    expect(stepsOf(turn, 'validation')).toHaveLength(1)
  })

  it('is not repeated if its `ApiExchange` forbids repetition, since the call may have changed something', async () => {
    const { api, caller } = await startApi(sendJson(200, {}))
    const send = vi.fn().mockRejectedValue(new SendError('broken', 'It broke.'))
    const call = caller.for(turnOf()).authorised(api, exchange({ send }))
    await expect(call).rejects.toEqual(problemOf('API_UNAVAILABLE'))
    expect(send).toHaveBeenCalledTimes(1)
  })

  it('makes the API’s health `unavailable` if it fails with a 5xx, even if a bug of the agent is the cause', async () => {
    const { api, caller } = await startApi(sendJson(200, {}))
    const read = () => {
      throw toProblem(new Error('a bug'))
    }
    const turn = turnOf()
    const failure = caller.for(turn).authorised(api, exchange({ read }))
    await expect(failure).rejects.toMatchObject({ kind: { status: 500 } })
    expect(caller.healthOf(api, turn.agent).state).toBe('unavailable')
  })

  it('adds attributes of its protocol to the span, at the span’s start and at the span’s end', async () => {
    const { api, caller } = await startApi(sendJson(200, {}))
    const spans: unknown[] = []
    const observer: StepObserver = {
      stepStarted: ({ kind }, facts) => void (kind === 'api-call' && spans.push(facts)),
      stepEnded: ({ kind }, _facts, attributes) => void (kind === 'api-call' && spans.push(attributes)),
    }
    const facts = { name: 'find things', attributes: { 'rpc.method': 'find' } }
    for (const status of [200, 404]) {
      const body = status === 200 ? thing : {}
      const send = async () => ({ status, body, attributes: { 'rpc.status': status } })
      const context = caller.for(turnOf(undefined, undefined, observer))
      await context.authorised(api, exchange({ send, facts })).catch(() => undefined)
    }
    const attributes = expect.objectContaining({ 'app.api.name': 'orders-api', 'rpc.method': 'find' })
    const started = { name: 'find things', attributes }
    expect(spans).toEqual([started, { 'rpc.status': 200 }, started, { 'rpc.status': 404 }])
  })
})

describe('A traced call', () => {
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
    const api = { ...ordersApi, url }
    const { caller } = apiCallerOf([api], (await startTestServer(grantingSidecar)).url)
    await expect(caller.for(turnOf(undefined, undefined, observer)).call(api, request)).rejects.toThrow()
    const attributes = { 'server.address': hostname, 'server.port': port, 'app.api.name': 'orders-api' }
    expect(started[0]).toEqual({ name: 'GET orders-api', attributes })
  })

  it('passes its traceparent on; an untraced call passes none', async () => {
    const { server, api, caller } = await startApi(sendJson(200, thing))
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    const observer = { stepStarted: () => traceparent, stepEnded: () => undefined }
    for (const seenBy of [observer, undefined])
      await caller.for(turnOf(undefined, undefined, seenBy)).call(api, request)
    expect(server.requests.map(({ headers }) => headers['traceparent'])).toEqual([traceparent, undefined])
  })
})
