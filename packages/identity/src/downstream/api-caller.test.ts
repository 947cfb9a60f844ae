import type { ServerResponse } from 'node:http'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Caller } from '../caller.ts'
import { agent, ordersApi, secondAgent } from '../testing/fixtures.ts'
import {
  apiCallerOf,
  deadUrl,
  problemOf,
  sendJson,
  startApi,
  startTestServer,
  turnOf,
} from './testing/stage.ts'

afterEach(() => void vi.useRealTimers())

/** An API that responds by calling `respond`, which a test may replace. */
async function startChangingApi(respond: (response: ServerResponse) => void) {
  const current = { respond }
  const { api, caller, sent, lines } = await startApi(response => current.respond(response))
  const isBody = (body: unknown): body is object => body !== undefined
  return {
    api,
    caller,
    sent,
    respondBy: (next: typeof respond) => {
      current.respond = next
    },
    call: (turn: Caller) => caller.for(turn).call(api, { path: '/things', subject: 'things', isBody }),
    stateFor: (one: typeof agent) => caller.healthOf(api, one).state,
    logged: () =>
      lines.map(line => JSON.parse(line)).filter(({ msg }: { msg: string }) => msg.startsWith('An API')),
  }
}

const works = sendJson(200, {})

it('The log has a line for each call that failed, and none for calls that worked or were given up', async () => {
  const { call, logged, respondBy, sent } = await startChangingApi(sendJson(403, { code: 'FORBIDDEN' }))
  const turn = turnOf()
  await expect(call(turn)).rejects.toThrow()
  respondBy(works)
  await call(turnOf())
  respondBy(() => undefined)
  const client = new AbortController()
  const asked = call(turnOf(undefined, client.signal))
  await expect.poll(() => sent.length).toBe(3)
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

it('A call under way ends when the agent stops', async () => {
  const { sent, caller, call } = await startChangingApi(() => undefined)
  const asked = call(turnOf()).catch((error: Error) => error)
  await expect.poll(() => sent.length).toBe(1)
  await caller.close()
  expect(await asked).toMatchObject({ code: 'API_UNAVAILABLE', cause: { code: 'UND_ERR_DESTROYED' } })
})

describe('The health of an API', () => {
  it('is unknown if the API was never called, or never with this right', async () => {
    const { caller, api, call } = await startChangingApi(works)
    await call(turnOf())
    for (const other of [{ name: 'other-api' }, { scope: 'Orders.Write' }])
      expect(caller.healthOf({ ...api, ...other }, agent)).toEqual({ state: 'unknown' })
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
    const { caller, sent } = await startChangingApi(works)
    await caller.refresh()
    vi.advanceTimersByTime(4_999)
    await caller.refresh()
    expect(sent).toHaveLength(1)
    vi.advanceTimersByTime(1)
    await caller.refresh()
    expect(sent).toHaveLength(2)
  })

  it('is waited for by all who ask while a probe is under way', async () => {
    const asked = Promise.withResolvers<ServerResponse>()
    const { caller, stateFor, sent } = await startChangingApi(asked.resolve)
    const first = caller.refresh()
    const response = await asked.promise
    const second = caller.refresh()
    response.end('{}')
    await second
    expect(stateFor(agent)).toBe('ready')
    await first
    expect(sent).toEqual(['GET /readyz'])
  })

  it('is unavailable, with the status, if the API says that it is not ready', async () => {
    const { caller, api } = await startChangingApi(sendJson(503, {}))
    await caller.refresh()
    const problem = { message: 'The Orders API is not ready.', options: { upstream: { status: 503 } } }
    expect(caller.healthOf(api, agent)).toMatchObject({ state: 'unavailable', problem })
  })

  it('is unavailable if nobody listens at the API’s address', async () => {
    const api = { ...ordersApi, url: await deadUrl() }
    const { caller } = apiCallerOf([api], 'http://localhost:1')
    await caller.refresh()
    expect(caller.healthOf(api, agent).problem).toEqual(problemOf('API_UNAVAILABLE'))
  })

  it.each([
    [400, 'ready', 'ready'],
    [401, 'unavailable', 'unavailable'],
    [403, 'unavailable', 'unavailable'],
    [503, 'unavailable', 'ready'],
  ])(
    'is after a call with status %i: %s, after a good probe: %s, and after a good call: ready',
    async (status, failed, probed) => {
      const { caller, stateFor, respondBy, call } = await startChangingApi(sendJson(status, {}))
      await expect(call(turnOf())).rejects.toThrow()
      expect(stateFor(agent)).toBe(failed)
      respondBy(works)
      await caller.refresh()
      expect(stateFor(agent)).toBe(probed)
      await call(turnOf())
      expect(stateFor(agent)).toBe('ready')
    },
  )

  it('is kept for each agent, since the API may refuse one of them', async () => {
    const { stateFor, respondBy, call } = await startChangingApi(works)
    await call(turnOf())
    respondBy(sendJson(403, {}))
    await expect(call({ ...turnOf(), agent: secondAgent })).rejects.toEqual(problemOf('API_FORBIDDEN'))
    expect([agent, secondAgent].map(stateFor)).toEqual(['ready', 'unavailable'])
  })
})
