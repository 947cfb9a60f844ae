import type { IncomingMessage } from 'node:http'
import { LocalServer } from '@entra-agents/service-kit/testing/local-server'
import { afterAll, expect, it } from 'vitest'
import { requireCaller } from './express.ts'
import type { ResourceServerOptions } from './options.ts'
import { type Caller, createResourceServer } from './resource-server.ts'
import { rawGet } from './testing/raw-request.ts'
import { createIssuer } from './testing/token-issuer.ts'
import { agentToken, weatherApiOptions } from './testing/weather-api.ts'

const issuer = await createIssuer()
const token = agentToken(issuer)
afterAll(() => issuer.close())

/** How many requests the middleware handed on. */
let handedOn = 0

/** An API on Node's own server behind the middleware; returns a way to GET from it. */
async function startApi(options: Partial<ResourceServerOptions> = {}) {
  const api = createResourceServer({ ...weatherApiOptions(issuer.url), ...options })
  const guard = requireCaller(api)
  const server = new LocalServer((request: IncomingMessage & { caller?: Caller }, response) =>
    guard(request, response, error => {
      handedOn += 1
      response
        .writeHead(error ? 500 : 200)
        .end(JSON.stringify(error ? { error: String(error) } : request.caller))
    }),
  )
  await server.start()
  afterAll(() => Promise.all([api.close(), server.close()]))
  return (headers: readonly string[], path = '/') => rawGet(`${server.url}${path}`, headers)
}

const get = await startApi({ resource: 'https://weather.example' })
const bearer = ['authorization', `Bearer ${token}`]

it('A caller that may call is set on the request', async () => {
  expect(await get(bearer)).toMatchObject({ status: 200, body: { kind: 'agent' } })
})

it('A refusal is sent with its status, challenge and problem, and the request is not handed on', async () => {
  const before = handedOn
  expect(await get(['authorization', `Bearer ${token.slice(0, -8)}AAAAAAAA`])).toMatchObject({
    status: 401,
    contentType: 'application/problem+json',
    challenge: expect.stringContaining('error="invalid_token"'),
    body: {
      code: 'WEATHER_TOKEN_REJECTED',
      failedCheck: 'signature',
      checks: [{ name: 'signature', ok: false }],
    },
  })
  expect(handedOn).toBe(before)
})

it('Two Authorization headers are refused, although Node keeps only the first', async () => {
  expect(await get([...bearer, 'Authorization', 'Bearer other'])).toMatchObject({ status: 401 })
})

it('The metadata is served without a token', async () => {
  expect(await get([], '/.well-known/oauth-protected-resource?x')).toMatchObject({
    status: 200,
    contentType: 'application/json',
    body: { resource: 'https://weather.example' },
  })
})

it('Other errors go to the error handler of the app', async () => {
  const broken = await startApi({
    onDecision() {
      throw new Error('The metrics are full.')
    },
  })
  expect(await broken(bearer)).toMatchObject({ status: 500, body: { error: 'Error: The metrics are full.' } })
})
