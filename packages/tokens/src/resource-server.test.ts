import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { temporaryFile } from '@entra-agents/service-kit/testing/temporary-file'
import { afterAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import type { RequestLike } from './bearer-token.ts'
import type { ResourceServerOptions } from './options.ts'
import { createResourceServer } from './resource-server.ts'
import { badTokens } from './testing/corpus.ts'
import { sampleIds } from './testing/sample-ids.ts'
import { agentToken, createWeatherApi, userToken, weatherApiOptions } from './testing/weather-api.ts'

const { server, issuer, refusalOf, close } = await createWeatherApi()
afterAll(close)
const serverWith = (options: Partial<ResourceServerOptions>) =>
  createResourceServer({ ...weatherApiOptions(issuer.url), ...options })

const good = `Bearer ${agentToken(issuer)}`
const withoutRoles = `Bearer ${agentToken(issuer, { roles: [], uti: 'token-1' })}`
const agentId = sampleIds.agentClientId
const nodeRequest = (rawHeaders: string[], headers: IncomingMessage['headers']) =>
  Object.assign(new IncomingMessage(new Socket()), { rawHeaders, headers })

describe('a corpus of bad tokens', () => {
  it('is refused completely, each token for its own fault, which the challenge names and with which the checks end', async () => {
    // Cached key sets must not expire while this runs on a busy machine.
    vi.useFakeTimers({ toFake: ['Date'] })
    const { issuer, refusalOf, statusOf, close } = await createWeatherApi()
    const corpus = badTokens(issuer)
    expect(new Set(corpus.map(({ token }) => token)).size).toBe(corpus.length)
    expect(corpus.length).toBeGreaterThan(300)
    const outcomes = await Promise.all(
      corpus.map(async ({ name, token }) => {
        const { status, failedCheck, problem, headers } = (await refusalOf(`Bearer ${token}`)) ?? {}
        const { detail = '', checks = [] } = problem ?? {}
        const passed = checks.slice(0, -1).map(check => (check.ok ? check.name : 'failed'))
        return { name, status, failedCheck, headers, detail, last: checks.at(-1), passed }
      }),
    )
    for (const [index, { detail, passed, ...outcome }] of outcomes.entries()) {
      const { name, status, failedCheck } = corpus[index] ?? expect.fail()
      const error = status === 401 ? 'invalid_token' : 'insufficient_scope'
      const challenge = `Bearer realm="weather-api", error="${error}", error_description="${failedCheck}: ${detail}"`
      const headers = expect.objectContaining({ 'www-authenticate': challenge })
      expect
        .soft(outcome)
        .toEqual({ name, status, failedCheck, headers, last: { name: failedCheck, ok: false } })
      expect.soft(detail, name).toMatch(/^(The|This|An|Only) .+\.$/)
      // Of a token that Entra may not have signed, nothing but the failed check is told.
      expect.soft([undefined, 'signature'], name).toContain(passed[0])
      for (const other of ['failed', failedCheck]) expect.soft(passed, name).not.toContain(other)
    }
    expect(await statusOf(agentToken(issuer))).toBe(200)
    expect(issuer.keyRequests).toBeLessThanOrEqual(2)
    vi.useRealTimers()
    await close()
  })
})

describe('authorize', () => {
  it.each<[string, RequestLike]>([
    ['a web request', new Request('http://api.example', { headers: { Authorization: good } })],
    ['a request of Node', nodeRequest(['Host', 'a', 'authorization', good], { authorization: good })],
    ['web headers', { headers: new Headers({ authorization: good }) }],
    ['headers in capitals', { headers: { Host: 'a', AUTHORIZATION: good } }],
    ['headers in lists', { headers: { authorization: [good] } }],
    ['the value of the header', good],
  ])('takes the token from %s', async (_what, request) => {
    expect(await server.authorize(request)).toMatchObject({ kind: 'agent', caller: agentId })
  })

  const two = ['Authorization', good, 'authorization', 'Bearer other']
  it.each<[string, RequestLike, detail: RegExp]>([
    [
      'a web request',
      { headers: new Headers([two.slice(0, 2), two.slice(2)] as [string, string][]) },
      /one JWT/,
    ],
    ['a request of Node, which keeps the first', nodeRequest(two, { authorization: good }), /more than one/],
    ['headers in lists', { headers: { authorization: [good, good] } }, /more than one/],
    ['headers by two spellings', { headers: { authorization: good, Authorization: good } }, /more than one/],
  ])('refuses two Authorization headers in %s', async (_what, request, detail) => {
    const problem = { detail: expect.stringMatching(detail) }
    expect(await refusalOf(request)).toMatchObject({ status: 401, failedCheck: 'format', problem })
  })

  it.each<[string, RequestLike]>([
    ['nothing', undefined],
    ['no headers', { headers: {} }],
    ['a web request without the header', new Request('http://api.example')],
    ['a token elsewhere', new Request(`http://api.example?access_token=${good}`)],
  ])('refuses %s, without an error code in the challenge', async (_what, request) => {
    expect(await refusalOf(request)).toMatchObject({
      problem: { code: 'WEATHER_TOKEN_MISSING' },
      headers: {
        'content-type': 'application/problem+json',
        'www-authenticate': 'Bearer realm="weather-api"',
      },
    })
  })

  it('never confuses one token with another when 200 tokens are checked at the same time', async () => {
    const oids = Array.from({ length: 200 }, (_, index) => (index % 3 === 0 ? agentId : `user-${index}`))
    const callers = await Promise.all(
      oids.map(oid => {
        const token = oid === agentId ? agentToken(issuer) : userToken(issuer, { oid }, 'v1')
        return server.authorize(`Bearer ${token}`)
      }),
    )
    expect(callers.map(({ objectId }) => objectId)).toEqual(oids)
  })

  it('says nothing of the caller in a refusal', async () => {
    const refused = await refusalOf(withoutRoles)
    const told = JSON.stringify([refused, Object.entries(refused ?? {}), refused?.problem, refused?.headers])
    expect(told).not.toMatch(new RegExp(`${agentId}|token-1`))
  })

  it('passes on an error that is no refusal, and lets nobody in', async () => {
    const headers = new Proxy({}, { ownKeys: () => assert.fail('The headers are broken.') })
    await expect(server.authorize({ headers })).rejects.toThrow('The headers are broken.')
  })
})

describe('a refusal', () => {
  it('becomes a web response with its status, headers and body', async () => {
    const refused = await refusalOf(withoutRoles)
    const response = refused?.toResponse()
    expect(response?.status).toBe(403)
    expect(Object.fromEntries(response?.headers ?? [])).toMatchObject(refused?.headers ?? {})
    expect(await response?.json()).toEqual(refused?.problem)
  })

  it('has a code that begins with the name of the API, if no prefix is set, and the API’s own texts', async () => {
    const texts = { status: 401, title: 'No token.', hint: 'Bring one.' }
    const problems = { MY_OWN_API_TOKEN_MISSING: texts }
    const { codePrefix: _, ...others } = weatherApiOptions(issuer.url)
    const own = createResourceServer({ ...others, name: 'my-own-api', problems })
    await expect(own.authorize(undefined)).rejects.toMatchObject({
      name: 'AccessRefused',
      problem: {
        ...texts,
        type: 'urn:entra-bedrock-agent:problem:my-own-api-token-missing',
        code: 'MY_OWN_API_TOKEN_MISSING',
      },
      headers: { 'www-authenticate': 'Bearer realm="my-own-api"' },
    })
  })
})

describe('onDecision', () => {
  it('lets nobody in if it throws', async () => {
    const onDecision = () => assert.fail('The metrics are full.')
    const { authorize, protect } = serverWith({ onDecision })
    const request = new Request('http://a', { headers: { authorization: good } })
    await expect(authorize(good)).rejects.toThrow('The metrics are full.')
    await expect(protect(() => new Response('in'))(request)).rejects.toThrow('The metrics are full.')
  })
})

describe('protect', () => {
  const handler = vi.fn(async (_request: Request, { kind }: { kind: string }, more: number) =>
    Response.json({ kind, more }),
  )
  const request = (path: string, token?: string) =>
    new Request(`https://weather.example${path}`, token ? { headers: { authorization: token } } : {})

  it('calls the handler with the caller and further arguments, and responds to all others itself', async () => {
    const guarded = server.protect(handler)
    expect(await (await guarded(request('/', good), 7)).json()).toEqual({ kind: 'agent', more: 7 })
    const refused = await guarded(request('/', withoutRoles), 7)
    expect([refused.status, await refused.json()]).toMatchObject([403, { code: 'WEATHER_FORBIDDEN' }])
    expect(handler).toHaveBeenCalledTimes(1)
  })

  it('serves the metadata of a resource without a token, and points to it', async () => {
    const guarded = server.with({ resource: 'https://weather.example/mcp' }).protect(handler)
    const path = '/.well-known/oauth-protected-resource/mcp'
    expect(await (await guarded(request(path), 7)).json()).toMatchObject({
      resource: 'https://weather.example/mcp',
      resource_name: 'Weather API',
    })
    expect((await guarded(new Request(request(path), { method: 'POST' }), 7)).status).toBe(401)
    const { headers } = await guarded(request('/mcp'), 7)
    expect(headers.get('www-authenticate')).toContain(`resource_metadata="https://weather.example${path}"`)
    expect((await server.protect(handler)(request(path), 7)).status).toBe(401)
  })
})

describe('callerOf', () => {
  const { callerOf, protect } = server
  const request = (token: string) => new Request('http://a', { headers: { authorization: token } })
  const answer = async (asked: Request) => Response.json(callerOf(asked))
  const objectIdOf = async (response: Response) => Object(await response.json()).objectId

  it('tells each route behind protect who sent its request, also of requests at once', async () => {
    const guarded = protect(asked => setImmediate().then(() => answer(asked)))
    const tokens = ['ada', 'ben', 'cleo'].map(oid => `Bearer ${userToken(issuer, { oid })}`)
    const responses = await Promise.all(tokens.map(token => guarded(request(token))))
    expect(await Promise.all(responses.map(objectIdOf))).toEqual(['ada', 'ben', 'cleo'])
  })

  it('throws, in words, for requests that were refused, not checked, copied, or let in by another server', async () => {
    const words = 'No caller is known of this request: weather-api has not let it in by protect().'
    const refused = request(withoutRoles)
    expect((await protect(answer)(refused)).status).toBe(403)
    expect(() => callerOf(refused)).toThrow(words)
    expect(() => callerOf(request(good))).toThrow(words)
    await expect(protect(asked => answer(asked.clone()))(request(good))).rejects.toThrow(words)
    const stricter = server.with({ permissions: { autonomous: 'Other' } })
    const asStricter = async (asked: Request) => Response.json(stricter.callerOf(asked))
    await expect(protect(asStricter)(request(good))).rejects.toThrow(words)
  })
})

describe('with', () => {
  it('makes a server with other needs, which shares the keys', async () => {
    await server.authorize(good)
    const before = issuer.keyRequests
    const other = server.with({ permissions: { autonomous: 'Other' } })
    await expect(other.authorize(good)).rejects.toMatchObject({ failedCheck: 'permission' })
    await server.authorize(good)
    expect(issuer.keyRequests).toBe(before)
    expect(() => server.with({ permissions: {} })).toThrow('permissions must not be empty')
  })
})

it('A server is ready at once without a deny list, and with one as soon as the list was read', async () => {
  expect(server.isReady).toBe(true)
  const path = temporaryFile('denied.json', onTestFinished)
  writeFileSync(path, '[]')
  const listed = serverWith({ denyList: path })
  onTestFinished(() => listed.close())
  expect(listed.isReady).toBe(false)
  await vi.waitUntil(() => listed.isReady)
})
