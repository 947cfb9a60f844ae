import type { FastifyInstance } from 'fastify'
import { afterEach, describe, expect, it } from 'vitest'
import { guardBrowserBoundary } from './browser-boundary.ts'
import { createServer } from './server.ts'
import { exchange } from './testing/exchange.ts'

const apps: FastifyInstance[] = []
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close()
})

/** A service with a page, a probe, a route that writes and a route that streams. `called` lists the requests that it served. */
async function startService(allowedHosts: readonly string[] = ['localhost', '127.0.0.1', '[::1]']) {
  const app = createServer({ logLevel: 'silent' })
  const called: string[] = []
  apps.push(app)
  await app.register(guardBrowserBoundary, { allowedHosts })
  app.addHook('preHandler', async request => {
    called.push(`${request.method} ${request.url}`)
  })
  app.get('/', async () => 'page')
  app.get('/livez', async () => ({ status: 'ok' }))
  app.post('/orders', async () => ({ ordered: true }))
  app.get('/stream', (_request, reply) => {
    reply.hijack()
    reply.raw.end('streamed')
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  return { app, called }
}

const get = (target: string, ...headers: string[]) =>
  [`GET ${target} HTTP/1.1`, 'Connection: close', ...headers, '', ''].join('\r\n')
const post = (...headers: string[]) =>
  ['POST /orders HTTP/1.1', 'Connection: close', 'Content-Length: 0', ...headers, '', ''].join('\r\n')

describe('guardBrowserBoundary', () => {
  it.each([
    'localhost',
    'localhost:3001',
    'LocalHost:3001',
    'localhost.',
    'localhost.:3001',
    '127.0.0.1:3001',
    '[::1]',
    '[::1]:3001',
    '[0:0:0:0:0:0:0:1]:3001',
  ])('accepts an allowed name in the header Host: %s', async host => {
    const { app } = await startService()
    expect(await exchange(app, get('/', `Host: ${host}`))).toMatchObject({ status: 200, body: 'page' })
  })

  it.each([
    'evil.example',
    'evil.example:3001',
    'localhost.evil.example',
    'evil.localhost',
    'localhost..',
    '127.0.0.2',
    '[::2]:3001',
    '0.0.0.0',
    'evil.example@localhost',
    'localhost/evil.example',
    'localhost evil.example',
    'localhost:port',
    '',
  ])('refuses any other name with 421, here in the header Host: %s', async host => {
    const { app, called } = await startService()
    for (const request of [
      get('/', `Host: ${host}`),
      get('/stream', `Host: ${host}`),
      get('/nowhere', `Host: ${host}`),
      post(`Host: ${host}`),
    ]) {
      const response = await exchange(app, request)
      expect(response).toMatchObject({ status: 421 })
      expect(JSON.parse(response?.body ?? '')).toMatchObject({
        code: 'HOST_NOT_ALLOWED',
        hint: expect.stringContaining('ALLOWED_HOSTS'),
      })
    }
    expect(called).toEqual([])
  })

  it('sends its refusals with strict headers, such as no-store and nosniff', async () => {
    const { app } = await startService()
    const requestId = '5f0c2b1e-8f43-4b57-9d64-7a1f0a5b9a10'
    const response = await exchange(app, get('/', 'Host: evil.example', `X-Request-Id: ${requestId}`))
    expect(Object.fromEntries(response?.headers ?? [])).toMatchObject({
      'content-type': 'application/problem+json; charset=utf-8',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      'x-request-id': requestId,
    })
  })

  it('prefers the host of an absolute URL in the request line to the Host header', async () => {
    const { app } = await startService()
    const foreign = get('http://evil.example/', 'Host: localhost')
    const own = get('http://localhost/', 'Host: localhost')
    expect(await exchange(app, foreign)).toMatchObject({ status: 421 })
    expect(await exchange(app, own)).toMatchObject({ status: 200 })
  })

  it('refuses two Host headers, and HTTP/1.1 without a Host header, with 400', async () => {
    const { app, called } = await startService(['*'])
    for (const request of [get('/', 'Host: localhost', 'Host: localhost'), get('/')]) {
      const response = await exchange(app, request)
      expect(response).toMatchObject({ status: 400 })
      expect(JSON.parse(response?.body ?? '')).toMatchObject({ code: 'INVALID_REQUEST' })
    }
    expect(called).toEqual([])
  })

  it('answers HTTP/1.0 without a Host header only if `*` allows every host', async () => {
    const request = 'GET / HTTP/1.0\r\n\r\n'
    const { app: strict } = await startService()
    const { app: lenient } = await startService(['*'])
    expect(await exchange(strict, request)).toMatchObject({ status: 421 })
    expect(await exchange(lenient, request)).toMatchObject({ status: 200 })
  })

  it('allows probes under any host name', async () => {
    const { app } = await startService()
    expect(await exchange(app, get('/livez', 'Host: 10.1.2.3:3001'))).toMatchObject({ status: 200 })
    expect(await exchange(app, get('/livez?', 'Host: evil.example'))).toMatchObject({ status: 200 })
    expect(await exchange(app, get('/livez/', 'Host: evil.example'))).toMatchObject({ status: 421 })
  })

  it('answers under every host name if `*` is allowed, and still refuses requests from other sites', async () => {
    const { app } = await startService(['*'])
    expect(await exchange(app, post('Host: agent.example'))).toMatchObject({ status: 200 })
    const crossSite = post('Host: agent.example', 'Origin: https://evil.example')
    expect(await exchange(app, crossSite)).toMatchObject({ status: 403 })
  })

  it.each([
    ['a client without a browser’s headers', []],
    ['the page’s own origin', ['Origin: http://localhost:3001']],
    ['the page’s own origin behind a proxy that ends TLS', ['Origin: https://localhost:3001']],
    ['same-origin', ['Origin: http://localhost:3001', 'Sec-Fetch-Site: same-origin']],
    ['the address bar', ['Sec-Fetch-Site: none']],
  ])('serves a post from %s', async (_what, headers) => {
    const { app } = await startService()
    expect(await exchange(app, post('Host: localhost:3001', ...headers))).toMatchObject({ status: 200 })
  })

  it.each([
    ['another site', ['Sec-Fetch-Site: cross-site']],
    ['another port of this machine', ['Sec-Fetch-Site: same-site']],
    ['a site of unknown relation', ['Sec-Fetch-Site: same-origin, cross-site']],
    ['another origin', ['Origin: https://evil.example']],
    ['another port’s origin', ['Origin: http://localhost:3002']],
    ['another name’s origin', ['Origin: http://127.0.0.1:3001']],
    ['an opaque origin', ['Origin: null']],
    ['an invalid origin', ['Origin: localhost:3001']],
    ['two origins', ['Origin: http://localhost:3001', 'Origin: https://evil.example']],
    [
      'a form on another site',
      ['Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: document'],
    ],
  ])('refuses a post from %s with 403', async (_what, headers) => {
    const { app, called } = await startService()
    const response = await exchange(app, post('Host: localhost:3001', ...headers))
    expect(response).toMatchObject({ status: 403 })
    expect(JSON.parse(response?.body ?? '')).toMatchObject({ code: 'CROSS_SITE_REQUEST' })
    expect(called).toEqual([])
  })

  it('allows links from other sites to the page, and no other requests from these sites', async () => {
    const { app } = await startService()
    const load = (mode: string, destination: string) =>
      exchange(
        app,
        get(
          '/',
          'Host: localhost',
          'Sec-Fetch-Site: cross-site',
          `Sec-Fetch-Mode: ${mode}`,
          `Sec-Fetch-Dest: ${destination}`,
        ),
      )
    expect(await load('navigate', 'document')).toMatchObject({ status: 200 })
    expect(await load('navigate', 'iframe')).toMatchObject({ status: 403 })
    expect(await load('no-cors', 'script')).toMatchObject({ status: 403 })
    expect(await load('cors', 'empty')).toMatchObject({ status: 403 })
  })
})
