import { afterAll, describe, expect, it } from 'vitest'
import { guardBrowserBoundary } from './browser-boundary.ts'
import { createServer } from './server.ts'
import { exchange } from './testing/exchange.ts'

const called: string[] = []

/** A service with a page, a probe, a route that writes and a route that streams. `called` lists the requests that it served. */
async function startService(allowedHosts: readonly string[]) {
  const app = createServer({ logLevel: 'silent' })
  await app.register(guardBrowserBoundary, { allowedHosts })
  app.addHook('preHandler', async request => {
    called.push(`${request.method} ${request.url}`)
  })
  app.get('/', async () => 'page')
  app.get('/livez', async () => 'alive')
  app.post('/orders', async () => 'ordered')
  app.get('/stream', (_request, reply) => {
    reply.hijack()
    reply.raw.end('streamed')
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  return app
}
const strict = await startService(['localhost', '127.0.0.1', '[::1]'])
const lenient = await startService(['*'])
afterAll(() => Promise.all([strict.close(), lenient.close()]))

const get = (target: string, ...headers: string[]) =>
  [`GET ${target} HTTP/1.1`, 'Connection: close', ...headers, '', ''].join('\r\n')
const post = (...headers: string[]) =>
  ['POST /orders HTTP/1.1', 'Connection: close', 'Content-Length: 0', ...headers, '', ''].join('\r\n')
const load = (mode: string, destination: string) =>
  get('/', 'Host: localhost', crossSite, `Sec-Fetch-Mode: ${mode}`, `Sec-Fetch-Dest: ${destination}`)

/** The outcome of a request: its text if a route served it, else the problem’s code. */
async function ask(bytes: string, app = strict): Promise<string> {
  called.length = 0
  const { status, body } = (await exchange(app, bytes)) ?? { status: 0, body: '' }
  if (status === 200) return `${status} ${body}`
  expect(called).toEqual([])
  return `${status} ${JSON.parse(body).code}`
}

const own = 'Host: localhost:3001'
const ownOrigin = 'Origin: http://localhost:3001'
const evilOrigin = 'Origin: https://evil.example'
const crossSite = 'Sec-Fetch-Site: cross-site'
const toDocument = ['Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: document']

const ownNames =
  'localhost localhost:3001 LocalHost:3001 localhost. localhost.:3001 127.0.0.1:3001 [::1] [::1]:3001 [0:0:0:0:0:0:0:1]:3001'
const otherNames =
  'evil.example evil.example:3001 localhost.evil.example evil.localhost localhost.. 127.0.0.2 [::2]:3001 0.0.0.0 evil.example@localhost localhost/evil.example localhost:port'

describe('guardBrowserBoundary', () => {
  it.each(ownNames.split(' '))('accepts an allowed name in the header Host: %s', async host => {
    expect(await ask(get('/', `Host: ${host}`))).toBe('200 page')
  })

  it.each([...otherNames.split(' '), 'localhost evil.example', ''])(
    'refuses any other name on every route, here in the header Host: %s',
    async name => {
      const host = `Host: ${name}`
      for (const bytes of [get('/', host), get('/stream', host), get('/nowhere', host), post(host)])
        expect(await ask(bytes)).toBe('421 HOST_NOT_ALLOWED')
    },
  )

  it('sends its refusals with strict headers, such as no-store and nosniff', async () => {
    const requestId = '5f0c2b1e-8f43-4b57-9d64-7a1f0a5b9a10'
    const response = await exchange(strict, get('/', 'Host: evil.example', `X-Request-Id: ${requestId}`))
    expect(Object.fromEntries(response?.headers ?? [])).toMatchObject({
      'content-type': 'application/problem+json; charset=utf-8',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      'x-request-id': requestId,
    })
    expect(response?.body).toContain('ALLOWED_HOSTS')
  })

  // biome-ignore format: table
  it.each([
    ['a foreign host in the request line, which wins over the header', get('http://evil.example/', own), '421 HOST_NOT_ALLOWED'],
    ['the own host in the request line', get('http://localhost/', own), '200 page'],
    ['HTTP/1.0 without a Host header', 'GET / HTTP/1.0\r\n\r\n', '421 HOST_NOT_ALLOWED'],
    ['a probe by an address', get('/livez', 'Host: 10.1.2.3:3001'), '200 alive'],
    ['a probe with an empty query', get('/livez?', 'Host: evil.example'), '200 alive'],
    ['what only looks like a probe', get('/livez/', 'Host: evil.example'), '421 HOST_NOT_ALLOWED'],
    ['a post of a client without a browser’s headers', post(own), '200 ordered'],
    ['a post from the page’s own origin', post(own, ownOrigin), '200 ordered'],
    ['a post from the page behind a proxy that ends TLS', post(own, 'Origin: https://localhost:3001'), '200 ordered'],
    ['a post that is same-origin', post(own, ownOrigin, 'Sec-Fetch-Site: same-origin'), '200 ordered'],
    ['a post from the address bar', post(own, 'Sec-Fetch-Site: none'), '200 ordered'],
    ['a post from another site', post(own, crossSite), '403 CROSS_SITE_REQUEST'],
    ['a post from another port of this machine', post(own, 'Sec-Fetch-Site: same-site'), '403 CROSS_SITE_REQUEST'],
    ['a post from a site of unknown relation', post(own, 'Sec-Fetch-Site: same-origin, cross-site'), '403 CROSS_SITE_REQUEST'],
    ['a post from another origin', post(own, evilOrigin), '403 CROSS_SITE_REQUEST'],
    ['a post from another port’s origin', post(own, 'Origin: http://localhost:3002'), '403 CROSS_SITE_REQUEST'],
    ['a post from another name’s origin', post(own, 'Origin: http://127.0.0.1:3001'), '403 CROSS_SITE_REQUEST'],
    ['a post from an opaque origin', post(own, 'Origin: null'), '403 CROSS_SITE_REQUEST'],
    ['a post from an invalid origin', post(own, 'Origin: localhost:3001'), '403 CROSS_SITE_REQUEST'],
    ['a post from two origins', post(own, ownOrigin, evilOrigin), '403 CROSS_SITE_REQUEST'],
    ['a post of a form on another site', post(own, crossSite, ...toDocument), '403 CROSS_SITE_REQUEST'],
    ['a link on another site', load('navigate', 'document'), '200 page'],
    ['a frame on another site', load('navigate', 'iframe'), '403 CROSS_SITE_REQUEST'],
    ['a script tag on another site', load('no-cors', 'script'), '403 CROSS_SITE_REQUEST'],
    ['a script of another site', load('cors', 'empty'), '403 CROSS_SITE_REQUEST'],
  ])('answers %s', async (_what, bytes, outcome) => {
    expect(await ask(bytes)).toBe(outcome)
  })

  // biome-ignore format: table
  it.each([
    ['a post by any name', post('Host: agent.example'), '200 ordered'],
    ['HTTP/1.0 without a Host header', 'GET / HTTP/1.0\r\n\r\n', '200 page'],
    ['a post from another site', post('Host: agent.example', evilOrigin), '403 CROSS_SITE_REQUEST'],
    ['two Host headers', get('/', 'Host: localhost', 'Host: localhost'), '400 INVALID_REQUEST'],
    ['HTTP/1.1 without a Host header', get('/'), '400 INVALID_REQUEST'],
  ])('answers, where `*` allows every host, %s', async (_what, bytes, outcome) => {
    expect(await ask(bytes, lenient)).toBe(outcome)
  })
})
