import { text } from 'node:stream/consumers'
import type { ApiContext } from '@entra-agents/identity/core'
import { ids, ordersApi } from '@entra-agents/identity/testing/fixtures'
import {
  apiCallerOf,
  grantingSidecar,
  sendJson,
  startTestServer,
  stepsOf,
  turnOf,
  validation,
} from '@entra-agents/identity/testing/stage'
import { isProblem } from '@entra-agents/service-kit'
import { expect, it } from 'vitest'
import type { Turn } from '../../turn/turn.ts'
import type { NewAlert } from './alerts/alert.ts'
import { createAlertClient } from './alerts/client.ts'
import { createWeatherClient } from './client.ts'

type Clients = ReturnType<typeof createWeatherClient> & ReturnType<typeof createAlertClient>
type Call = (clients: Clients, context: ApiContext<Turn>, permitted: ApiContext<Turn>) => Promise<unknown>

const report = {
  city: 'Dallas',
  region: 'Texas',
  country: 'United States',
  temperature_c: 20.5,
  temperature_f: 68.9,
  condition: 'clear sky',
  observed_at: '2026-11-24T12:00:00Z',
  source: 'open-meteo',
  validated: validation(null),
}
const days = [{ date: '2026-11-25', low_c: 1, high_c: 2, low_f: 34, high_f: 36, condition: 'rain' }]
const forecast = { city: 'Oslo', country: 'Norway', source: 'climate-normals', days }
const when = { kind: 'temperature-below', celsius: -5 } as const
const newAlert: NewAlert = { city: 'Oslo', when, untilDate: '2026-12-24' }
const id = '1c9f2f6e-6a3a-4d5e-9a51-3f0a4d2b7c11'
const alert = { ...newAlert, id, createdAt: '2026-11-28T12:00:00.000Z' }

const compared = {
  ...alert,
  now: { celsius: -6.1, observedAt: '2026-11-28T12:00:00.000Z', source: 'open-meteo' },
  reached: true,
}
const list: Call = (clients, context) => clients.list(context)
const find: Call = (clients, context) => clients.find(context, id)

const weatherIn =
  (city: string): Call =>
  (clients, context) =>
    clients.current(context, city)
const create: Call = (clients, _context, permitted) => clients.create(permitted, newAlert)

/** Refusals of `POST /alerts`; that an API's own code is not a name that every object has is the last one's point. */
const refusals: readonly [number, string][] = [
  [409, 'ALERT_EXISTS'],
  [409, 'ALERTS_BUSY'],
  [429, 'ALERT_LIMIT_REACHED'],
  [422, 'IDEMPOTENCY_KEY_REUSED'],
  [400, 'INVALID_REQUEST'],
  [503, 'ALERTS_UNAVAILABLE'],
  [409, 'hasOwnProperty'],
]
const detail = 'The API’s own words.'
const unknownCity = { code: 'CITY_NOT_FOUND' }

/** Calls, and what the API answers: a status and a body. */
const calls: Readonly<Record<string, readonly [Call, number, object?]>> = {
  'the weather in a city': [weatherIn('São Paulo'), 200, report],
  'a forecast': [
    (clients, context) => clients.forecast(context, 'Oslo', 3),
    200,
    { ...forecast, validated: validation(null) },
  ],
  'an unknown city, with suggestions': [
    weatherIn('Dalas'),
    404,
    { ...unknownCity, suggestions: ['Dallas', 'Dalian'] },
  ],
  'an unknown city, with no suggestion': [weatherIn('Dalas'), 404, { ...unknownCity, suggestions: [] }],
  'an unknown city, without suggestions': [weatherIn('Dalas'), 404, unknownCity],
  'a 404 of something else': [weatherIn('Dallas'), 404, {}],
  'a 404 with another code': [weatherIn('Dallas'), 404, { code: 'ROUTE_NOT_FOUND' }],
  'weather without a temperature': [weatherIn('Dallas'), 200, { city: 'Dallas' }],
  'weather with a word as the temperature': [weatherIn('Dallas'), 200, { ...report, temperature_c: 'warm' }],
  'a new alert': [create, 201, { ...alert, validated: validation(ids.ada) }],
  'an alert that exists': [create, 200, alert],
  'a new alert without a permit': [async (clients, context) => clients.create(context, newAlert), 201, alert],
  'a new alert, answered by something else': [create, 201, { id: 1 }],
  ...Object.fromEntries(
    refusals.map(([status, code]) => [
      `a new alert, refused with ${code}`,
      [create, status, { code, detail }],
    ]),
  ),
  'a new alert, refused without words': [create, 409, { code: 'ALERT_EXISTS' }],
  'all alerts': [list, 200, { alerts: [compared], validated: validation(ids.ada) }],
  'alerts whose weather is not known': [
    list,
    200,
    { alerts: [{ ...alert, now: null, reached: null }], validated: validation(ids.ada) },
  ],
  'alerts that were not compared': [list, 200, { alerts: [alert] }],
  'alerts with nonsense in the place of weather': [
    list,
    200,
    { alerts: [{ ...compared, now: { ...compared.now, celsius: 'cold' } }] },
  ],
  'an alert that is there': [find, 200, alert],
  'an alert that is not there': [find, 404, { code: 'ALERT_NOT_FOUND', detail }],
  'the deletion of an alert': [(clients, _context, permitted) => clients.remove(permitted, id), 204],
}

/** What a call sends, how it is named in the trace, and what it returns or fails with. */
async function describeCall([call, status, body]: readonly [Call, number, object?]): Promise<string> {
  const bodies: string[] = []
  const server = await startTestServer(async (request, response) => {
    bodies.push(await text(request))
    if (body) sendJson(status, body)(response)
    else response.writeHead(status).end()
  })
  const sidecar = await startTestServer(grantingSidecar)
  const api = { ...ordersApi, name: 'weather-api', title: 'Weather API', url: server.url }
  const turn = turnOf(ids.ada)
  const context: ApiContext<Turn> = apiCallerOf([api], sidecar.url).caller.for(turn)
  const permitted = context.under('step-1', {
    idempotencyKey: 'key-1',
    isIdempotent: true,
    mayHaveRun: false,
  })
  const clients = { ...createWeatherClient(api), ...createAlertClient(api) }
  const outcome = await call(clients, context, permitted).then(
    result => `returns ${JSON.stringify(result)}`,
    error => `fails: ${isProblem(error) ? JSON.stringify(error.toDocument('r'), whatIsTold) : error.message}`,
  )
  const requests = server.requests.map(({ target, headers }, index) =>
    [
      `sends ${target}`,
      `${headers.authorization?.slice(0, 10)}…`,
      headers['idempotency-key'] ?? '',
      headers['content-type'] ?? '',
      bodies[index],
    ]
      .filter(part => part)
      .join(' '),
  )
  return [...requests, ...stepsOf(turn, 'api-call').map(({ title }) => `is “${title}”`), outcome].join('\n')
}

function whatIsTold(name: string, value: unknown): unknown {
  return ['type', 'title', 'requestId'].includes(name) ? undefined : value
}

it('The clients of the weather API send each call once, and return the API’s answer without its words about the token, or fail', async () => {
  const blocks: string[] = []
  for (const [what, call] of Object.entries(calls)) blocks.push(`# ${what}\n${await describeCall(call)}\n`)
  await expect(blocks.join('\n')).toMatchFileSnapshot('clients.txt')
})
