import type { IncomingMessage, RequestListener } from 'node:http'
import { inspect } from 'node:util'
import { decodeToken } from '@entra-agents/tokens/verify'
import { afterEach, describe, expect, it } from 'vitest'
import { createIdentityClient } from './client.ts'
import { sendJson, startTestServer, validation } from './downstream/testing/stage.ts'
import type { IdentityClientOptions } from './options.ts'
import { sidecar } from './sidecar.ts'
import { SignedInUser } from './signed-in-user.ts'
import {
  authorizationHeader,
  autonomousClaims,
  ids,
  onBehalfOfClaims,
  unsignedToken,
  verifiedUser,
} from './testing/fixtures.ts'
import { identityTiming } from './timing.ts'

const clients: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close()
})

const jwt = /eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}/
const userOf = (oid: string) => new SignedInUser(verifiedUser(oid, unsignedToken({ oid })))

/** Grants each agent its own token, or one on behalf of the user whose token came. */
const grantingSidecar: RequestListener = ({ url = '', headers }, response) => {
  const query = new URL(url, 'http://localhost').searchParams
  const azp = query.get('AgentIdentity')
  const tc = headers.authorization?.slice('Bearer '.length)
  const oid = tc ? decodeToken(tc)?.claims['oid'] : query.get('AgentUserId')
  const claims = oid ? onBehalfOfClaims(String(oid), { azp }) : autonomousClaims({ azp })
  response.end(authorizationHeader(claims))
}

type Api = IdentityClientOptions['apis'][string]

/** A client whose only API this listener is, below the path `/api`, and what arrived there. */
async function clientOf(listener: RequestListener, api: Partial<Api> = {}) {
  const [source, server] = [await startTestServer(grantingSidecar), await startTestServer(listener)]
  const base = `${server.url}/api`
  const client = createIdentityClient({
    tenantId: ids.tenantId,
    blueprintAppId: ids.blueprintAppId,
    agents: {
      clerk: { clientId: ids.agentClientId, agentUserId: ids.agentUser },
      second: { clientId: 'bbbbbbbb-0000-4000-8000-0000000000b2', apis: [] },
    },
    apis: { 'orders-api': { url: base, appId: ids.ordersApiAppId, title: 'Orders API', ...api } },
    tokens: sidecar({
      url: source.url,
      timing: { ...identityTiming, tokenRetryMs: 5, sidecarRestartMs: 20 },
    }),
  })
  clients.push(client)
  return { client, base, asked: source.requests, received: server.requests, server }
}

const sentBy = ({ headers }: IncomingMessage) => headers.authorization ?? ''
const answer: RequestListener = (request, response) => {
  const { scp, oid, azp } = decodeToken(sentBy(request).slice('Bearer '.length))?.claims ?? {}
  sendJson(200, { validated: validation(scp ? String(oid) : null), oid, azp })(response)
}

describe('fetch sends the token to the API that the URL belongs to, and never', () => {
  it.each([
    ['to another origin', () => 'http://localhost:9/api/x'],
    ['to another scheme', (base: string) => `${base.replace('http:', 'https:')}/x`],
    ['to another path', (base: string) => base.replace('/api', '/admin')],
    ['to a path that begins alike', (base: string) => `${base}-admin`],
    ['to a name that begins alike', (base: string) => base.replace('/api', '.evil.example/api')],
    ['out of the path by dots', (base: string) => `${base}/../admin`],
    ['out of the path by encoded dots', (base: string) => `${base}/%2e%2e/admin`],
    ['out of the path by an encoded slash', (base: string) => `${base}/..%2fadmin`],
    ['out of the path by what is encoded twice', (base: string) => `${base}/%252e%252e%252fadmin`],
    ['to a path that is encoded more often than any API needs', (base: string) => `${base}/%2525252541`],
    ['to a URL with credentials', (base: string) => base.replace('localhost', 'ada:secret@localhost')],
    ['to a host behind an @', (base: string) => base.replace('/api', '@localhost:9/api')],
  ])('%s', async (_where, urlOf) => {
    const { client, base, asked, received } = await clientOf(answer)
    await expect(client.as('clerk').fetch(urlOf(base))).rejects.toThrow(TypeError)
    expect([...asked, ...received]).toEqual([])
  })

  it('to an API that the agent does not have', async () => {
    const { client, base, asked } = await clientOf(answer)
    await expect(client.as('second').fetch(base)).rejects.toThrow('none of the APIs of this agent')
    await expect(client.as('second').token('orders-api')).rejects.toThrow(TypeError)
    await expect(client.as('clerk').fetch('http://localhost:9')).rejects.toThrow(`(${base})`)
    expect(asked).toEqual([])
  })

  it('along a redirect, which the caller gets', async () => {
    const thief = await startTestServer((_request, response) => response.end())
    const { client, base } = await clientOf((_request, response) =>
      response.writeHead(302, { location: `${thief.url}/steal` }).end(),
    )
    const response = await client.as('clerk').fetch(`${base}/x`)
    expect([response.status, response.headers.get('location')]).toEqual([302, `${thief.url}/steal`])
    expect(thief.requests).toEqual([])
  })
})

it('No other Authorization or Host is sent; further headers and the body are the caller’s', async () => {
  const bodies: unknown[] = []
  const { client, base, received } = await clientOf(async (request, response) => {
    for await (const chunk of request) bodies.push(String(chunk))
    response.writeHead(204).end()
  })
  const headers = {
    authorization: 'Basic abc',
    host: 'other.example',
    'x-more': '1',
    'content-type': 'application/json',
  }
  const request = new Request(`${base}/x?y=z`, { method: 'PUT', headers, body: '{"a":1}' })
  const agent = client.as('clerk')
  expect((await agent.fetch(request)).status).toBe(204)
  const [{ target, headers: sent } = expect.fail('Nothing came.')] = received
  expect(target).toBe('PUT /api/x?y=z')
  expect(sent.authorization).toMatch(/^Bearer eyJ/)
  expect([sent.host, sent['x-more'], bodies]).toEqual([new URL(base).host, '1', ['{"a":1}']])
  expect(agent.trace.steps.find(({ kind }) => kind === 'api-call')).toMatchObject({
    title: 'The agent calls the Orders API: PUT /api/x',
    request: { method: 'PUT', url: `${base}/x?y=z`, body: { a: 1 } },
    response: { status: 204 },
  })
})

describe('A response that holds the token is refused', () => {
  it.each<[string, RequestListener]>([
    ['as JSON', (request, response) => sendJson(200, { you: sentBy(request) })(response)],
    [
      'in a redirect',
      (request, response) => response.writeHead(302, { location: `/${sentBy(request)}` }).end(),
    ],
    ['in a failure', (request, response) => response.writeHead(500).end(sentBy(request))],
    [
      'in pieces of one byte, spread by other characters, behind 64 KiB',
      (request, response) => {
        response.write('x'.repeat(65_536))
        for (const byte of sentBy(request)) response.write(`${byte}, `)
        response.end()
      },
    ],
  ])('%s', async (_how, listener) => {
    const { client, base } = await clientOf(listener)
    const agent = client.as('clerk')
    const reading = agent.fetch(`${base}/x`).then(response => response.text())
    await expect(reading).rejects.toMatchObject({
      name: 'IdentityError',
      code: 'API_ECHOED_TOKEN',
      status: 502,
    })
    expect(JSON.stringify(agent.trace.steps)).not.toMatch(jwt)
  })
})

describe('A response', () => {
  it('of 1 GiB is read piece by piece, and ends at the limit', async () => {
    let sent = 0
    const gibibyte = 2 ** 30
    const { client, base } = await clientOf((_request, response) => {
      const chunk = Buffer.alloc(2 ** 16, 'x')
      const write = () => {
        while (sent < gibibyte && response.writable) {
          sent += chunk.byteLength
          if (!response.write(chunk)) return void response.once('drain', write)
        }
        response.end()
      }
      write()
    })
    const before = process.memoryUsage().rss
    const response = await client.as('clerk').fetch(`${base}/x`)
    await expect(response.text()).rejects.toMatchObject({ code: 'API_UNAVAILABLE', fix: /maxResponseBytes/ })
    expect(sent).toBeLessThan(gibibyte / 8)
    expect(process.memoryUsage().rss - before).toBeLessThan(256 * 2 ** 20)
  })

  it('of JSON that is longer than the trace shows is whole, and so is one without a length', async () => {
    const text = JSON.stringify({ long: 'x'.repeat(1_000_000) })
    const { client, base } = await clientOf((_request, response) => {
      response.setHeader('content-type', 'application/json').write(text.slice(0, 500_000))
      response.end(text.slice(500_000))
    })
    expect(await (await client.as('clerk').fetch(`${base}/x`)).text()).toBe(text)
  })

  it('that is an event stream comes as it is sent, and may pause', async () => {
    const { client, base } = await clientOf(
      (_request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n')
        setTimeout(() => response.end('data: 2\n\n'), 400)
      },
      { timeoutMs: 200 },
    )
    const { body } = await client.as('clerk').fetch(`${base}/x`)
    const pieces: string[] = []
    for await (const piece of body ?? []) pieces.push(Buffer.from(piece).toString())
    expect(pieces).toEqual(['data: 1\n\n', 'data: 2\n\n'])
  })

  it.each<[string, RequestListener]>([
    ['does not begin', () => {}],
    ['begins and then stops', (_request, response) => void response.write('x')],
    [
      'is JSON and stops',
      (_request, response) => void response.setHeader('content-type', 'application/json').write('{'),
    ],
  ])('that %s ends at the time limit', async (_how, listener) => {
    const { client, base } = await clientOf(listener, { timeoutMs: 50 })
    const reading = client
      .as('clerk')
      .fetch(`${base}/x`)
      .then(response => response.text())
    await expect(reading).rejects.toMatchObject({
      name: 'IdentityError',
      code: 'API_UNAVAILABLE',
      status: 503,
    })
  })

  it('that is a failure is a response to fetch, and an error of request', async () => {
    const problem = { code: 'ORDERS_FORBIDDEN', detail: 'No.', failedCheck: 'permission' }
    const { client, base } = await clientOf((_request, response) => sendJson(403, problem)(response), {
      permissions: { role: 'Orders.Write.All', scope: 'Orders.Write' },
    })
    const agent = client.as('clerk')
    const response = await agent.fetch(`${base}/x`)
    expect([response.status, await response.json()]).toEqual([403, problem])
    const needs = { api: 'orders-api', permission: 'Orders.Write.All', kind: 'role' }
    await expect(agent.request(`${base}/x`)).rejects.toMatchObject({
      code: 'API_FORBIDDEN',
      needs,
      status: 502,
    })
    expect(agent.trace.steps.filter(({ kind }) => kind === 'api-call').map(({ status }) => status)).toEqual([
      'failed',
      'failed',
    ])
  })
})

it.each([
  ['GET', 2],
  ['HEAD', 2],
  ['POST', 1],
])('A %s whose connection breaks is sent %i times: a change might be made twice', async (method, times) => {
  const { client, base, received } = await clientOf((_request, response) => response.destroy())
  const failed = client.as('clerk').fetch(`${base}/x`, { method })
  await expect(failed).rejects.toMatchObject({ code: 'API_UNAVAILABLE' })
  expect(received).toHaveLength(times)
})

it('A check says what is out of order', async () => {
  const { client, base } = await clientOf((_request, response) => response.writeHead(503).end())
  expect(await client.check()).toEqual({ ok: true, errors: [] })
  await client.as('clerk').fetch(`${base}/x`)
  const errors = [{ name: 'IdentityError', code: 'API_UNAVAILABLE' }]
  expect(await client.check()).toMatchObject({ ok: false, errors })
})

describe('An abort', () => {
  it('ends a call with its own reason, whether of the agent or of the call', async () => {
    const later = new AbortController()
    const reason = new Error('mine')
    const { client, base } = await clientOf(() => later.abort(reason))
    const signal = AbortSignal.abort(reason)
    await expect(client.as('clerk', { signal }).fetch(`${base}/x`)).rejects.toBe(reason)
    await expect(client.as('clerk').fetch(`${base}/x`, { signal })).rejects.toBe(reason)
    const call = client.as('clerk').fetch(`${base}/x`, { signal: later.signal })
    await expect(call).rejects.toBe(reason)
  })

  it('ends a body that is being read', async () => {
    const { client, base } = await clientOf((_request, response) => void response.write('x'))
    const abort = new AbortController()
    const response = await client.as('clerk', { signal: abort.signal }).fetch(`${base}/x`)
    abort.abort(new Error('mine'))
    await expect(response.text()).rejects.toThrow('mine')
  })
})

it.each([
  ['a pause', 'waiting'],
  ['an error', 'failed'],
])('A step whose work ends with %s is %s, and the throw goes on', async (thrown, status) => {
  const { client } = await clientOf(answer)
  const agent = client.as('clerk')
  const isPause = (one: unknown) => one === 'a pause'
  const work = () => Promise.reject(thrown)
  await expect(agent.step({ title: 'get_orders()', isPause }, work)).rejects.toBe(thrown)
  expect(agent.trace.steps).toMatchObject([{ kind: 'tool', status }])
})

it('The trace has the steps of the call, below the step of the tool, and listeners get them', async () => {
  const { client, base } = await clientOf(answer)
  const agent = client.as('clerk', { user: userOf(ids.ada) })
  const seen: string[] = []
  const stop = agent.trace.subscribe(({ kind, status }) => seen.push(`${kind} ${status}`))
  const tool = { name: 'get_orders' }
  await agent.step({ title: 'get_orders()', tool }, below => below.fetch(`${base}/orders`))
  stop()
  await agent.fetch(`${base}/orders`)
  const [signIn, step, ...below] = agent.trace.steps
  expect([signIn, step]).toMatchObject([
    { kind: 'sign-in', token: { role: 'Tc' } },
    { kind: 'tool', tool, status: 'ok' },
  ])
  expect(below.slice(0, 4).map(({ kind }) => kind)).toEqual([
    'token-request',
    'token-request',
    'token-request',
    'token',
  ])
  expect(below.some(({ kind, status }) => kind === 'validation' && status === 'ok')).toBe(true)
  expect(seen.slice(0, 2)).toEqual(['tool running', 'token-request running'])
  expect(seen.at(-1)).toBe('tool ok')
})

it('No token is in what client, agent, user, error and steps are printed as', async () => {
  const { client, base } = await clientOf((_request, response) => response.writeHead(403).end())
  const user = userOf(ids.ada)
  const agent = client.as('clerk', { user })
  const error: unknown = await agent.request(`${base}/x`).catch((thrown: unknown) => thrown)
  const all = { client, agent, user, error, steps: agent.trace.steps }
  expect(inspect(all, { depth: 20, showHidden: true, getters: true }) + JSON.stringify(all)).not.toMatch(jwt)
  const expiresAt = 4_000_000_000_000
  const token = { value: expect.stringMatching(jwt), expiresAt, claims: { oid: ids.ada } }
  expect(await agent.token('orders-api')).toMatchObject(token)
  expect(JSON.parse(JSON.stringify(agent))).toMatchObject({
    agent: 'clerk',
    flow: 'obo',
    onBehalfOf: ids.ada,
  })
})

describe('Options that cannot be right are refused:', () => {
  const good: IdentityClientOptions = {
    tenantId: ids.tenantId,
    blueprintAppId: ids.blueprintAppId,
    agents: { clerk: { clientId: ids.agentClientId } },
    apis: { 'orders-api': { url: 'http://localhost:1', appId: ids.ordersApiAppId } },
    tokens: sidecar({ url: 'http://localhost:5000' }),
  }
  const apiOf = (url: string, name = 'orders-api') => ({
    apis: { [name]: { url, appId: ids.ordersApiAppId } },
  })
  it.each<[string, Partial<IdentityClientOptions>]>([
    ['tenantId', { tenantId: 'contoso.example' }],
    ['blueprintAppId', { blueprintAppId: '' }],
    ['clientId of the agent clerk', { agents: { clerk: { clientId: 'clerk' } } }],
    [
      'the flow agent-user, but no agentUserId',
      { agents: { clerk: { clientId: ids.agentClientId, flows: ['agent-user'] } } },
    ],
    [
      'the API tasks-api, but there is none',
      { agents: { clerk: { clientId: ids.agentClientId, apis: ['tasks-api'] } } },
    ],
    ['authority', { authority: 'login.microsoftonline.com' }],
    ['URL of the API', apiOf('localhost:1')],
    ['without credentials', apiOf('http://ada:secret@localhost:1')],
    ['kebab-case', apiOf('http://localhost:1', 'OrdersApi')],
  ])('%s', (words, options) => {
    expect(() => createIdentityClient({ ...good, ...options })).toThrow(TypeError)
    expect(() => createIdentityClient({ ...good, ...options })).toThrow(words)
  })

  it('agents, APIs and flows that there are not', () => {
    const client = createIdentityClient({
      ...good,
      agents: { clerk: { clientId: ids.agentClientId } },
      apis: {},
    })
    clients.push(client)
    // @ts-expect-error no such agent
    expect(() => client.as('nobody')).toThrow('no agent nobody')
    expect(() => client.as('clerk', { flow: 'agent-user' })).toThrow('agent-user')
    // @ts-expect-error no such API
    return expect(client.as('clerk').token('orders-api')).rejects.toThrow(TypeError)
  })
})
