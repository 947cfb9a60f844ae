import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { toProblem } from '@entra-agents/service-kit'
import { describe, expect, it, vi } from 'vitest'
import type { Caller } from '../caller.ts'
import type { DownstreamApi } from '../downstream-api.ts'
import { identityProblem } from '../problems.ts'
import { ids, ordersApi, verifiedUser } from '../testing/fixtures.ts'
import type { ApiChange, ApiContext, Permit } from './api-context.ts'
import {
  apiCallerOf,
  grantingSidecar,
  problemOf,
  sendJson,
  sidecarForUser,
  startTestServer,
  stepsOf,
  turnOf,
} from './testing/stage.ts'

interface Thing {
  readonly found: string
}

const isThing = (body: unknown): body is Thing => (body as Partial<Thing> | undefined)?.found !== undefined
const thing = { found: 'it' }

/** An API that responds by calling `respond`, a caller of the API, and the requests that the API got. */
async function startApi(respond: (response: ServerResponse, request: IncomingMessage) => void) {
  const came: { target: string; type: string | undefined; key: unknown; body: string }[] = []
  const server = await startTestServer(async (request, response) => {
    const { method, url, headers } = request
    const key = headers['idempotency-key']
    came.push({ target: `${method} ${url}`, type: headers['content-type'], key, body: await text(request) })
    respond(response, request)
  })
  const sidecar = await startTestServer(grantingSidecar)
  const api = { ...ordersApi, url: server.url }
  return { api, came, sidecar, caller: apiCallerOf([api], sidecar.url).caller }
}

const challengeHeaders = (claims: string) => ({
  'www-authenticate': `Bearer error="insufficient_claims", claims="${Buffer.from(claims).toString('base64')}"`,
})
const claims = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}'
const permit: Permit = { idempotencyKey: 'key-1', isIdempotent: true, mayHaveRun: false }
const change: ApiChange<Thing> = {
  method: 'POST',
  path: '/things',
  body: { name: 'a thing' },
  subject: 'a new thing',
  statuses: [201],
  isBody: isThing,
}

describe('a search', () => {
  it('is sent as a POST with JSON, is sent again if the connection breaks, and is shown with its JSON in the trace', async () => {
    let calls = 0
    const { api, came, caller } = await startApi(response =>
      calls++ === 0 ? response.destroy() : sendJson(200, thing)(response),
    )
    const turn = turnOf()
    const request = { path: '/search', search: { words: 'rain' }, subject: 'rain', isBody: isThing }
    expect(await caller.for(turn).call(api, request)).toEqual(thing)
    const body = '{"words":"rain"}'
    const sent = { target: 'POST /search', type: 'application/json', key: undefined, body }
    expect(came).toEqual([sent, sent])
    expect(stepsOf(turn, 'api-call')[1]?.request).toMatchObject({ method: 'POST', body: { words: 'rain' } })
  })
})

describe('a change', () => {
  it('is sent as JSON with its idempotency key, is traced below the given step, and returns the response', async () => {
    const { api, came, caller } = await startApi(sendJson(201, thing))
    const turn = turnOf()
    expect(await caller.for(turn).under('step-1', permit).change(api, change)).toEqual(thing)
    const body = '{"name":"a thing"}'
    expect(came).toEqual([{ target: 'POST /things', type: 'application/json', key: '"key-1"', body }])
    expect(stepsOf(turn, 'api-call')).toMatchObject([
      {
        parentId: 'step-1',
        title: 'The agent calls the Orders API: a new thing',
        request: { method: 'POST', body: { name: 'a thing' } },
        response: { status: 201, body: thing },
      },
    ])
    expect(turn.trace.steps[0]?.parentId).toBe('step-1')
  })

  it('without a body is sent with an empty body and no content type', async () => {
    const { api, came, caller } = await startApi(sendJson(200, thing))
    const { body: _, ...rest } = change
    const turn = turnOf()
    const removal = { ...rest, method: 'DELETE', path: '/things/1', statuses: [200] } as const
    await caller.for(turn).under('step-1', permit).change(api, removal)
    expect(came).toEqual([{ target: 'DELETE /things/1', type: undefined, key: '"key-1"', body: '' }])
    expect(stepsOf(turn, 'api-call')[0]?.request).not.toHaveProperty('body')
  })

  it('is not sent without a permit', async () => {
    const { api, came, caller } = await startApi(sendJson(201, thing))
    const context = caller.for(turnOf())
    expect(() => context.change(api, change)).toThrow('This call changes something, and nothing permits it.')
    expect(() => context.under('step-1').permit).toThrow('nothing permits it')
    expect(context.under('step-1', permit).permit).toBe(permit)
    expect(came).toEqual([])
  })

  it('that gets an unexpected status or body fails with the problem that `explain` returns, or else with a general one', async () => {
    const { api, caller } = await startApi(sendJson(200, thing))
    const context = caller.for(turnOf()).under('step-1', permit)
    const explain = vi.fn().mockReturnValueOnce(identityProblem('INVALID_REQUEST', 'There are too many.'))
    await expect(context.change(api, { ...change, explain })).rejects.toThrow('There are too many.')
    await expect(context.change(api, { ...change, explain })).rejects.toThrow('responded 200')
    const unread = { ...change, statuses: [200], isBody: (body: unknown): body is Thing => body === 7 }
    await expect(context.change(api, unread)).rejects.toThrow('not what it promises')
    const explained = { ...unread, explain: () => identityProblem('INVALID_REQUEST', 'It is another thing.') }
    await expect(context.change(api, explained)).rejects.toThrow('It is another thing.')
  })
})

describe('a call or a change', () => {
  const calls = (api: DownstreamApi, context: ApiContext<Caller>) => [
    () => context.call(api, { path: '/', subject: 'things', isBody: isThing }),
    () => context.change(api, change),
  ]

  it('fails if the response is larger than 256 KiB, or too late', async () => {
    const large = await startApi(sendJson(200, { found: 'x'.repeat(256 * 1024) }))
    const late = await startApi(() => undefined)
    const tokens = await startTestServer(grantingSidecar)
    const hurried = apiCallerOf([late.api], tokens.url, { apiCallMs: 20 }).caller
    for (const [api, caller, kind] of [
      [large.api, large.caller, 'too-large'],
      [late.api, hurried, 'timeout'],
    ] as const)
      for (const call of calls(api, caller.for(turnOf()).under('step-1', permit)))
        await expect(call()).rejects.toMatchObject({ cause: { kind } })
  })

  it('that its caller aborts ends at once, and its step stays `running` in the trace', async () => {
    const { api, caller, came } = await startApi(() => undefined)
    for (const index of [0, 1]) {
      const client = new AbortController()
      const turn = turnOf(undefined, client.signal)
      const asked = calls(api, caller.for(turn).under('step-1', permit))[index]?.()
      await expect.poll(() => came.length).toBe(index + 1)
      client.abort(new Error('went away'))
      await expect(asked).rejects.toThrow('went away')
      expect(stepsOf(turn, 'api-call')).toMatchObject([{ status: 'running' }])
    }
  })

  it('that fails with a 5xx problem makes the API’s health `unavailable`, even if a bug of the agent is the cause', async () => {
    const { api, caller } = await startApi(sendJson(200, thing))
    const read = () => {
      throw toProblem(new Error('a bug'))
    }
    const send = async () => ({ status: 200, body: {} })
    const shown = { method: 'POST', path: '' } as const
    const turn = turnOf()
    const failure = caller
      .for(turn)
      .authorised(api, { subject: 'things', shown, mayRepeat: false, send, read })
    await expect(failure).rejects.toMatchObject({ kind: { status: 500 } })
    expect(caller.healthOf(api, turn.agent).state).toBe('unavailable')
  })
})

describe('an API’s demand for a step-up', () => {
  const answer = () => startApi(sendJson(401, {}, challengeHeaders(claims)))

  it('makes a change fail with STEP_UP_REQUIRED, and with STEP_UP_NOT_CARRIED if the API repeats the demand', async () => {
    const { api, caller, sidecar } = await answer()
    const turn = turnOf(ids.ada)
    const asked = caller.for(turn).under('step-1', permit).change(api, change)
    await expect(asked).rejects.toMatchObject({
      code: 'STEP_UP_REQUIRED',
      message: 'The Orders API wants stronger authentication of the user.',
      options: { extensions: { claimsChallenge: claims } },
    })
    const again = caller
      .for(turn)
      .under('step-1', { ...permit, claims })
      .change(api, change)
    await expect(again).rejects.toMatchObject({
      code: 'STEP_UP_NOT_CARRIED',
      message: 'The Orders API still asks for it.',
      options: { upstream: { service: 'orders-api', status: 401 } },
    })
    const [first, second] = sidecar.requests.map(({ target }) => decodeURIComponent(target))
    expect(first).not.toContain('acrs')
    expect(second).toContain(claims)
    const title = 'The agent asks its sidecar for a token to act for the signed-in user, for the Orders API'
    const titles = turn.trace.steps.filter(({ to }) => to === 'sidecar').map(step => step.title)
    expect(titles).toEqual([title, `${title}, that proves what the API asked for`])
    const bodies = turn.trace.steps.map(({ request }) => request?.body as { claims?: string } | undefined)
    expect(bodies.filter(body => body && 'claims' in body)).toMatchObject([{ claims }])
  })

  it('makes a call that only reads fail with CONDITIONAL_ACCESS_REQUIRED', async () => {
    const { api, caller } = await answer()
    const request = { path: '/', subject: 'things', isBody: isThing }
    await expect(caller.for(turnOf(ids.ada)).call(api, request)).rejects.toEqual(
      problemOf('CONDITIONAL_ACCESS_REQUIRED'),
    )
  })
})

describe('an API’s refusal for lack of a permission', () => {
  it('names no permission as missing if the token has the required one', async () => {
    const { api, caller } = await startApi(sendJson(403, { failedCheck: 'permission' }))
    const turn = turnOf()
    const request = { path: '/', subject: 'things', isBody: isThing }
    await expect(caller.for(turn).call(api, request)).rejects.toThrow(
      'The API does not allow it, although the agent’s token has Orders.Read.All.',
    )
    expect(stepsOf(turn, 'api-call')[0]?.problem).not.toHaveProperty('needs')
  })
})

describe('a token that an API sends back', () => {
  const secret = randomBytes(256).toString('base64url')
  const turnWithSecret = (): Caller => ({ ...turnOf(ids.ada), user: verifiedUser(ids.ada, `a.b.${secret}`) })

  it('is detected even if it is the user’s', async () => {
    const { api, caller } = await startApi(sendJson(200, { found: secret }))
    const sidecar = await startTestServer(sidecarForUser(ids.ada))
    const turn = turnWithSecret()
    const context = apiCallerOf([api], sidecar.url).caller.for(turn)
    const call = context.call(api, { path: '/', subject: 'things', isBody: isThing })
    await expect(call).rejects.toEqual(problemOf('API_ECHOED_TOKEN'))
    expect(caller.healthOf(api, turn.agent).state).toBe('unknown')
  })

  it('in the text of a failure is not shown', async () => {
    const { api } = await startApi(sendJson(200, thing))
    const sidecar = await startTestServer(sidecarForUser(ids.ada))
    const turn = turnWithSecret()
    const failure = apiCallerOf([api], sidecar.url)
      .caller.for(turn)
      .authorised(api, {
        subject: 'things',
        shown: { method: 'POST', path: '' },
        mayRepeat: false,
        send: async () => ({ status: 200, body: {} }),
        read: () => {
          throw identityProblem('INVALID_REQUEST', `It is no thing: ${secret}`)
        },
      })
    await expect(failure).rejects.toMatchObject({
      code: 'API_ECHOED_TOKEN',
      message: 'The Orders API sent back the token that it got, so nothing of its response is used.',
      options: { upstream: { service: 'orders-api' } },
    })
    expect(JSON.stringify(turn.trace.steps)).not.toContain(secret.slice(0, 20))
  })
})
