import type { RequestListener, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import type { ApiContext } from '@entra-agents/identity'
import { ids, ordersApi } from '@entra-agents/identity/testing/fixtures'
import {
  apiCallerOf,
  grantingSidecar,
  problemOf,
  sendJson,
  startTestServer,
  stepsOf,
  turnOf,
  validation,
} from '@entra-agents/identity/testing/stage'
import { describe, expect, it } from 'vitest'
import type { Turn } from '../../../turn/turn.ts'
import type { NewAlert } from './alert.ts'
import { createAlertClient } from './client.ts'

const newAlert: NewAlert = {
  city: 'Oslo',
  when: { kind: 'temperature-below', celsius: -5 },
  untilDate: '2026-12-24',
}
const alert = {
  ...newAlert,
  id: '1c9f2f6e-6a3a-4d5e-9a51-3f0a4d2b7c11',
  createdAt: '2026-11-28T12:00:00.000Z',
}
const alertBody = { ...alert, validated: validation(ids.ada) }
const permit = { idempotencyKey: 'key-1', isIdempotent: true, mayHaveRun: false }

/** The client of an API that answers by this function, for a turn of Ada's. */
async function startAlertApi(answer: (response: ServerResponse) => unknown) {
  const bodies: string[] = []
  const listener: RequestListener = async (request, response) => {
    bodies.push(await text(request))
    answer(response)
  }
  const [server, sidecar] = [await startTestServer(listener), await startTestServer(grantingSidecar)]
  const api = {
    ...ordersApi,
    name: 'weather-api',
    title: 'Weather API',
    url: server.url,
    sidecarEntries: { ...ordersApi.sidecarEntries, obo: 'alerts' },
  }
  const { caller } = apiCallerOf([api], sidecar.url)
  const turn = turnOf(ids.ada)
  const context: ApiContext<Turn> = caller.for(turn)
  const permitted = context.under('step-1', permit)
  return { alerts: createAlertClient(api), context, permitted, turn, server, sidecar, bodies }
}

describe('creating an alert', () => {
  it.each([201, 200])(
    'sends exactly the alert that the caller asks for, with the call’s idempotency key, and accepts the status %i',
    async status => {
      const { alerts, permitted, server, sidecar, bodies, turn } = await startAlertApi(
        sendJson(status, alertBody),
      )
      expect(await alerts.create(permitted, newAlert)).toEqual(alert)
      expect(server.requests.map(({ target }) => target)).toEqual(['POST /alerts'])
      expect(server.requests[0]?.headers).toMatchObject({
        'idempotency-key': '"key-1"',
        'content-type': 'application/json',
      })
      expect(JSON.parse(bodies[0] ?? '')).toEqual(newAlert)
      expect(sidecar.requests[0]?.target).toContain('/AuthorizationHeader/alerts?')
      expect(stepsOf(turn, 'api-call')[0]?.title).toBe(
        'The agent calls the Weather API: create an alert for Oslo',
      )
    },
  )

  it('sends nothing without a permit', async () => {
    const { alerts, context, server } = await startAlertApi(sendJson(201, alertBody))
    await expect((async () => alerts.create(context, newAlert))()).rejects.toThrow('nothing permits it')
    expect(server.requests).toEqual([])
  })

  it.each([
    ['ALERT_EXISTS', 409, 'ALERT_EXISTS'],
    ['ALERTS_BUSY', 409, 'ALERTS_BUSY'],
    ['ALERT_LIMIT_REACHED', 429, 'ALERT_LIMIT_REACHED'],
    ['IDEMPOTENCY_KEY_REUSED', 422, 'ALERT_CALL_CHANGED'],
    ['INVALID_REQUEST', 400, 'INVALID_REQUEST'],
    ['ALERTS_UNAVAILABLE', 503, 'API_UNAVAILABLE'],
    ['hasOwnProperty', 409, 'API_UNAVAILABLE'],
  ])('is not tried again if the API refuses with %s', async (code, status, expected) => {
    const detail = 'The API’s own words.'
    const { alerts, permitted, server } = await startAlertApi(sendJson(status, { code, detail }))
    await expect(alerts.create(permitted, newAlert)).rejects.toEqual(problemOf(expected))
    expect(server.requests).toHaveLength(1)
  })

  it('fails with the API’s own words if the API refuses', async () => {
    const detail = 'One owner can have 20 alerts.'
    const { alerts, permitted } = await startAlertApi(sendJson(429, { code: 'ALERT_LIMIT_REACHED', detail }))
    const error = await alerts.create(permitted, newAlert).catch(one => one)
    expect(error.toDocument('r')).toMatchObject({
      detail,
      upstream: { service: 'weather-api', status: 429, code: 'ALERT_LIMIT_REACHED' },
    })
  })

  it('fails if a successful response holds no alert', async () => {
    const { alerts, permitted } = await startAlertApi(sendJson(201, { id: 1 }))
    await expect(alerts.create(permitted, newAlert)).rejects.toEqual(problemOf('API_UNAVAILABLE'))
  })
})

describe('existing alerts', () => {
  it('are listed without a permit; what the API says about the token is left out', async () => {
    const list = { alerts: [alert], validated: validation(ids.ada) }
    const { alerts, context, server } = await startAlertApi(sendJson(200, list))
    expect(await alerts.list(context)).toEqual({ alerts: [alert] })
    expect(server.requests.map(({ target }) => target)).toEqual(['GET /alerts'])
    expect(server.requests[0]?.headers).not.toHaveProperty('idempotency-key')
  })

  it('are deleted by id', async () => {
    const { alerts, permitted, server } = await startAlertApi(response => response.writeHead(204).end())
    await alerts.remove(permitted, alert.id)
    expect(server.requests.map(({ target }) => target)).toEqual([`DELETE /alerts/${alert.id}`])
    expect(server.requests[0]?.headers).toMatchObject({ 'idempotency-key': '"key-1"' })
  })
})
