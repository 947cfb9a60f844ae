import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import Fastify from 'fastify'
import { afterAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { type FastifyResourceServerOptions, resourceServer } from './fastify.ts'
import type { ResourceServerOptions } from './options.ts'
import { createResourceServer } from './resource-server.ts'
import { sampleIds } from './testing/sample-ids.ts'
import { type Claims, createIssuer } from './testing/token-issuer.ts'
import { agentToken, weatherApiOptions } from './testing/weather-api.ts'

const issuer = await createIssuer()
afterAll(() => issuer.close())
const untilPermission = ['signature', 'issuer', 'tenant', 'audience', 'lifetime', 'caller', 'permission'].map(
  name => ({ name, ok: name !== 'permission' }),
)
const bearer = (claims: Claims = {}) => ({ authorization: `Bearer ${agentToken(issuer, claims)}` })

/** Starts an API; returns ways to call it and to read its log. */
async function startApi(
  options: Partial<ResourceServerOptions & FastifyResourceServerOptions> = {},
  logger: object = {},
) {
  const lines: Record<string, unknown>[] = []
  const stream = { write: (line: string) => void lines.push(JSON.parse(line)) }
  const app = Fastify({ logger: { stream, ...logger } })
  onTestFinished(() => app.close())
  await app.register(resourceServer, { ...weatherApiOptions(issuer.url), ...options })
  app.get('/things/:id', ({ access }) => access)
  const ask = async (url = '/things/1', asked: Record<string, string> = bearer()) => {
    const { statusCode: status, body, headers } = await app.inject({ url, headers: asked })
    return { status, body: JSON.parse(body), headers }
  }
  const audited = () =>
    lines
      .filter(({ audit }) => audit !== undefined)
      .map(({ pid: _pid, hostname: _hostname, time: _time, ...entry }) => entry)
  return { app, ask, audited, lines }
}

describe('the audit log', () => {
  const caller = sampleIds.agentClientId

  it('says who called which route, without the address, and whether the call was allowed', async () => {
    const { ask, audited } = await startApi()
    const ids = { uti: 'token-1', xms_par_app_azp: undefined }
    await ask('/things/1', bearer(ids))
    await ask('/things/2', bearer({ ...ids, roles: [] }))
    await ask('/things/3', {})
    await ask('/nowhere', {})
    const { tenantId } = sampleIds
    const who = { flow: 'autonomous', kind: 'agent', caller, objectId: caller, tenantId, tokenId: 'token-1' }
    const refused = { level: 40, audit: 'refused', msg: 'Access refused.' }
    const action = 'GET /things/:id'
    expect(audited()).toEqual([
      { level: 30, audit: 'allowed', msg: 'Access allowed.', ...who, requestId: 'req-1', action },
      { ...refused, ...who, requestId: 'req-2', action, reason: 'permission' },
      { ...refused, requestId: 'req-3', action, reason: 'WEATHER_TOKEN_MISSING' },
      { ...refused, requestId: 'req-4', action: 'GET ', reason: 'WEATHER_TOKEN_MISSING' },
    ])
  })

  it('has the caller’s id even if the log of the app redacts such ids', async () => {
    const { ask, audited } = await startApi({}, { redact: ['caller', '*.caller'] })
    await ask()
    expect(audited()).toMatchObject([{ caller }])
  })

  it('has one line for each different permission that a call needs, up to the first one that the token lacks', async () => {
    const need = (autonomous: string) => ({ permissions: { autonomous } })
    const [first, second, third] = [need('Weather.Read.All'), need('Other'), need('Weather.Read.All')]
    const { ask, audited } = await startApi({ needsOf: () => [first, first, second, third] })
    expect(await ask()).toMatchObject({
      status: 403,
      body: { detail: 'The token lacks the app role Other.' },
    })
    expect(audited().map(({ audit }) => audit)).toEqual(['allowed', 'allowed', 'refused'])
  })
})

describe('the plugin', () => {
  it('sets the caller on the request, or responds with the problem and the id of the request', async () => {
    const { ask } = await startApi()
    expect(await ask()).toMatchObject({ status: 200, body: { kind: 'agent', checks: expect.any(Array) } })
    expect(await ask('/things/1', bearer({ roles: [] }))).toMatchObject({
      status: 403,
      headers: {
        'content-type': expect.stringContaining('application/problem+json'),
        'www-authenticate': expect.stringContaining('error="insufficient_scope"'),
      },
      body: {
        code: 'WEATHER_FORBIDDEN',
        failedCheck: 'permission',
        requestId: 'req-2',
        checks: untilPermission,
      },
    })
  })

  it('leaves it to the app to send refusals, if the app wants to', async () => {
    const { ask } = await startApi({
      sendRefusal: ({ failedCheck }, { id }, reply) => reply.code(418).send({ failedCheck, id }),
    })
    const body = { failedCheck: 'lifetime', id: 'req-1' }
    expect(await ask('/things/1', bearer({ exp: 1 }))).toMatchObject({ status: 418, body })
  })

  it('says in the app’s log if keys cannot be fetched', async () => {
    issuer.answerKeysWith((_request, response) => response.writeHead(500).end())
    onTestFinished(() => issuer.answerKeysWith(undefined))
    const { ask, lines } = await startApi()
    expect(await ask()).toMatchObject({ status: 503 })
    expect(lines).toContainEqual(expect.objectContaining({ msg: 'Signing keys could not be fetched.' }))
  })

  it('leaves errors that are no refusal to the app', async () => {
    const { ask, audited } = await startApi({
      onDecision() {
        throw new Error('The metrics are full.')
      },
    })
    expect(await ask()).toMatchObject({ status: 500 })
    expect(audited()).toEqual([])
  })

  it('closes its own server when the app closes, and the pending fetch of keys with it', async () => {
    vi.spyOn(AbortSignal, 'timeout').mockReturnValue(new AbortController().signal)
    const { promise: asked, resolve } = Promise.withResolvers<ServerResponse>()
    issuer.answerKeysWith((_request, response) => resolve(response))
    onTestFinished(() => issuer.answerKeysWith(undefined))
    const { app, ask } = await startApi()
    const answer = ask()
    const fetching = once(await asked, 'close')
    await app.close()
    await fetching
    expect(await answer).toMatchObject({ status: 503 })
  })

  it('guards by a shared server, whose keys it does not fetch again, and which it does not close', async () => {
    const server = createResourceServer(weatherApiOptions(issuer.url))
    const { authorization } = bearer()
    await server.authorize(authorization)
    const before = issuer.keyRequests
    const { app, ask } = await startApi({ server })
    expect(await ask()).toMatchObject({ status: 200 })
    expect(issuer.keyRequests).toBe(before)
    await app.close()
    issuer.rotate()
    expect(await server.authorize(bearer().authorization)).toMatchObject({ kind: 'agent' })
    await server.close()
  })

  it('declares its name, its request decorator, and its version of Fastify', async () => {
    const { app } = await startApi()
    expect(app.hasPlugin('resource-server')).toBe(true)
    expect(app.hasRequestDecorator('access')).toBe(true)
    expect(Object(resourceServer)[Symbol.for('plugin-meta')]).toMatchObject({ fastify: '5.x' })
  })
})
