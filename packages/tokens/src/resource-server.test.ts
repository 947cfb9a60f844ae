import assert from 'node:assert/strict'
import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { tenant } from '@entra-agents/demo-tenant'
import { afterAll, describe, expect, it, vi } from 'vitest'
import type { Access } from './access.ts'
import { AccessRefused } from './access-refused.ts'
import type { RequestLike } from './bearer-token.ts'
import type { Decision, ResourceServerOptions } from './options.ts'
import { createResourceServer } from './resource-server.ts'
import { autonomousClaims, onBehalfOfClaims } from './testing/agent-claims.ts'
import { badTokens } from './testing/corpus.ts'
import { weatherApiOptions } from './testing/protected-api.ts'
import { type Claims, createIssuer } from './testing/token-issuer.ts'

const issuer = await createIssuer()
const decisions: Decision[] = []
const serverWith = (options: Partial<ResourceServerOptions> = {}) =>
  createResourceServer({
    ...weatherApiOptions(issuer.url),
    onDecision: decision => void decisions.push(decision),
    ...options,
  })
const server = serverWith()
afterAll(() => Promise.all([server.close(), issuer.close()]))

const tokenWith = (claims: Claims = {}) => issuer.sign(autonomousClaims({ authority: issuer.url, claims }))
const good = `Bearer ${tokenWith()}`
const agentId = tenant.agents.weather.id
const stranger = '99999999-0000-4000-8000-000000000099'

/** The refusal of a request; fails if the request is let in. */
async function refusalOf(request: RequestLike, of = server): Promise<AccessRefused> {
  const found = await of.authorize(request).catch((error: unknown) => error)
  expect(found).toBeInstanceOf(AccessRefused)
  return found as AccessRefused
}

function nodeRequest(rawHeaders: readonly string[], headers: IncomingMessage['headers']): IncomingMessage {
  const request = new IncomingMessage(new Socket())
  return Object.assign(request, { rawHeaders: [...rawHeaders], headers })
}

describe('authorize', () => {
  it('throws for every bad token, and never returns anything for one', async () => {
    const corpus = badTokens(issuer)
    const outcomes = await Promise.all(
      corpus.map(async ({ name, token }) => {
        const { status, failedCheck } = await refusalOf(`Bearer ${token}`)
        return { name, status, failedCheck }
      }),
    )
    expect(outcomes).toEqual(corpus.map(({ name, status, failedCheck }) => ({ name, status, failedCheck })))
  })

  it.each([
    ['is not among the callers', { callers: [{ clientId: stranger }] }, 'caller'],
    ['lacks the permission', { permissions: { autonomous: 'Nobody.Has.This' } }, 'permission'],
    ['calls in a flow that the API does not take', { permissions: { obo: 'Weather.Read' } }, 'permission'],
  ] as const)('throws for a good token whose client %s', async (_what, options, failedCheck) => {
    const { status, problem, name } = await refusalOf(good, serverWith(options))
    expect([status, problem.failedCheck, name]).toEqual([403, failedCheck, 'AccessRefused'])
  })

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

  const twice = new Headers({ authorization: good })
  twice.append('authorization', good)
  it.each<[string, RequestLike]>([
    ['a web request', { headers: twice }],
    [
      'a request of Node, which keeps the first',
      nodeRequest(['Authorization', good, 'authorization', 'Bearer other'], { authorization: good }),
    ],
    ['headers in lists', { headers: { authorization: [good, good] } }],
    ['headers by two spellings', { headers: { authorization: good, Authorization: good } }],
  ])('refuses two Authorization headers in %s', async (_what, request) => {
    expect(await refusalOf(request)).toMatchObject({ status: 401, failedCheck: 'format' })
  })

  it.each<[string, RequestLike]>([
    ['nothing', undefined],
    ['an empty text', ''],
    ['no headers', { headers: {} }],
    ['a web request without the header', new Request('http://api.example')],
    ['a token elsewhere', new Request(`http://api.example?access_token=${good}`)],
  ])('refuses %s, without an error code in the challenge', async (_what, request) => {
    const { status, headers, problem, failedCheck } = await refusalOf(request)
    expect([status, failedCheck, problem.code, problem.checks]).toEqual([
      401,
      undefined,
      'WEATHER_TOKEN_MISSING',
      [],
    ])
    expect(headers).toEqual({
      'content-type': 'application/problem+json',
      'www-authenticate': 'Bearer realm="weather-api"',
    })
  })

  it('decides by the needs of the call, if it has its own', async () => {
    await expect(server.authorize(good, { permissions: { autonomous: 'Other' } })).rejects.toThrow(
      'The token lacks the app role Other.',
    )
    expect(
      await server.authorize(good, { permissions: { autonomous: ['Other', 'Weather.Read.All'] } }),
    ).toMatchObject({ kind: 'agent' })
  })

  it('refuses with 503 while the keys cannot be fetched', async () => {
    const elsewhere = serverWith({ authority: 'http://127.0.0.1:9' })
    const { status, headers, problem } = await refusalOf(good, elsewhere)
    expect([status, problem.code, headers['retry-after']]).toEqual([503, 'SIGNING_KEYS_UNAVAILABLE', '5'])
    expect(headers['www-authenticate']).toBeUndefined()
    await elsewhere.close()
  })

  it('says nothing of the caller in a refusal', async () => {
    const refused = await refusalOf(`Bearer ${tokenWith({ roles: [], uti: 'token-1' })}`)
    const told = JSON.stringify([refused, Object.entries(refused), refused.problem, refused.headers])
    expect(told).not.toMatch(new RegExp(`${agentId}|token-1`))
  })
})

describe('a refusal', () => {
  const lists = (checks: AccessRefused['problem']['checks'] = []) =>
    checks.map(({ name, ok }) => (ok ? name : `not ${name}`)).join(' ')

  // biome-ignore format: table
  it.each<[string, Claims, Partial<ResourceServerOptions>?]>([
    ['signature issuer not tenant', { tid: stranger }],
    ['signature issuer tenant audience not lifetime', { exp: 1 }],
    ['signature issuer tenant audience lifetime not caller', { azp: stranger }],
    ['signature issuer tenant audience lifetime caller not permission', { roles: [] }],
    ['signature issuer tenant audience lifetime not permission', { roles: 'Weather.Read.All' }],
    ['signature issuer tenant audience lifetime not format', { cnf: {} }],
    ['signature not format', { jti: 7 }],
    ['issuer tenant not audience', { aud: 'other' }, { verifySignature: false }],
  ])('lists the checks that were made, in their order: %s', async (expected, claims, options) => {
    const { problem, failedCheck } = await refusalOf(`Bearer ${tokenWith(claims)}`, serverWith(options))
    expect(lists(problem.checks)).toBe(expected)
    expect(problem.failedCheck).toBe(failedCheck)
  })

  it.each([
    ['caller permission not context', {}],
    ['caller permission not context', { acrs: 'c1' }],
    ['caller not permission', { scp: 'Other' }],
  ])('of a user’s token lists %s at its end for the claims %j', async (expected, claims) => {
    const token = issuer.sign(onBehalfOfClaims({ authority: issuer.url, claims }))
    const { problem } = await refusalOf(`Bearer ${token}`, serverWith({ authenticationContext: 'c1' }))
    expect(lists(problem.checks)).toBe(`signature issuer tenant audience lifetime ${expected}`)
  })

  it('of a forged or malformed token lists only the check that failed', async () => {
    expect(lists((await refusalOf(`${good.slice(0, -8)}AAAAAAAA`)).problem.checks)).toBe('not signature')
    expect(lists((await refusalOf('Bearer a.b.c')).problem.checks)).toBe('not format')
  })

  it('becomes a web response with its status, headers and body', async () => {
    const refused = await refusalOf(`Bearer ${tokenWith({ roles: [] })}`)
    const response = refused.toResponse()
    expect(response.status).toBe(403)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(response.headers.get('www-authenticate')).toMatch(
      /^Bearer realm="weather-api", error="insufficient_scope"/,
    )
    expect(await response.json()).toEqual(refused.problem)
  })

  it('has a code that begins with the name of the API, if no prefix is set, and the API’s own texts', async () => {
    const { codePrefix: _, ...others } = weatherApiOptions(issuer.url)
    const own = createResourceServer({
      ...others,
      name: 'my-own-api',
      problems: { MY_OWN_API_TOKEN_MISSING: { status: 401, title: 'No token.', hint: 'Bring one.' } },
    })
    const { problem, headers } = await refusalOf(undefined, own)
    expect(problem).toMatchObject({
      type: 'urn:entra-bedrock-agent:problem:my-own-api-token-missing',
      code: 'MY_OWN_API_TOKEN_MISSING',
      title: 'No token.',
      hint: 'Bring one.',
    })
    expect(headers['www-authenticate']).toBe('Bearer realm="my-own-api"')
  })
})

describe('onDecision', () => {
  const lastOf = async (request: RequestLike) => {
    await server.authorize(request).catch(() => undefined)
    return decisions.at(-1)
  }

  it('is told how each decision ended, and whose token it was', async () => {
    const identity = { flow: 'autonomous', kind: 'agent', caller: agentId, objectId: agentId }
    expect(await lastOf(good)).toMatchObject({ outcome: 'OK', identity, durationMs: expect.any(Number) })
    expect(await lastOf(`Bearer ${tokenWith({ roles: [] })}`)).toMatchObject({
      outcome: 'permission',
      identity,
    })
    expect(await lastOf(`Bearer ${tokenWith({ exp: 1 })}`)).toMatchObject({
      outcome: 'lifetime',
      identity: undefined,
    })
    expect(await lastOf(undefined)).toMatchObject({ outcome: 'WEATHER_TOKEN_MISSING', identity: undefined })
  })

  it('lets nobody in if it throws', async () => {
    const broken = serverWith({
      onDecision() {
        throw new Error('The metrics are full.')
      },
    })
    await expect(broken.authorize(good)).rejects.toThrow('The metrics are full.')
    await expect(
      broken.protect(() => new Response('in'))(new Request('http://a', { headers: { authorization: good } })),
    ).rejects.toThrow()
  })
})

it('An error that is no refusal lets nobody in, and is passed on', async () => {
  const broken = { headers: new Proxy({}, { ownKeys: () => assert.fail('The headers are broken.') }) }
  await expect(server.authorize(broken)).rejects.toThrow('The headers are broken.')
})

describe('protect', () => {
  const handler = vi.fn(async (_request: Request, { kind }: { kind: string }, more: number) =>
    Response.json({ kind, more }),
  )
  const request = (path: string, token?: string) =>
    new Request(`https://weather.example${path}`, token ? { headers: { authorization: token } } : {})

  it('calls the handler with the caller and further arguments', async () => {
    const response = await server.protect(handler)(request('/', good), 7)
    expect(await response.json()).toEqual({ kind: 'agent', more: 7 })
  })

  it('responds to all others itself', async () => {
    handler.mockClear()
    const response = await server.protect(handler)(request('/', `Bearer ${tokenWith({ roles: [] })}`), 7)
    expect(response.status).toBe(403)
    expect(await response.json()).toMatchObject({ code: 'WEATHER_FORBIDDEN' })
    expect(handler).not.toHaveBeenCalled()
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

describe('with', () => {
  it('makes a server with other needs, which shares the keys', async () => {
    await server.authorize(good)
    const before = issuer.keyRequests
    const other = server.with({ permissions: { autonomous: 'Other' } })
    expect((await refusalOf(good, other)).failedCheck).toBe('permission')
    expect(await server.authorize(good)).toMatchObject({ kind: 'agent' })
    expect(issuer.keyRequests).toBe(before)
  })

  it('checks the new options', () => {
    expect(() => server.with({ permissions: {} })).toThrow('permissions must not be empty')
  })
})

it('The types let nobody read an identity before the decision', () => {
  const read = (access: Access) => {
    // @ts-expect-error The identity may be undefined: the caller may have been refused.
    const before = () => access.identity.kind
    return access.refusal ? before : access.identity.kind
  }
  expect(read).toBeTypeOf('function')
})
