import { exchange, sendAndReset } from '@entra-agents/service-kit/testing/exchange'
import { beforeEach, describe, expect, it } from 'vitest'
import { findMetricsUrl, question } from '../../contract/agent/ask.ts'
import { forFile } from '../../support/for-file.ts'
import { Stack } from '../support/stack.ts'

// Only the agent is started, since its boundary refuses requests before it calls anything else.
const stack = await forFile(Stack.start({}, ['agent']))
await findMetricsUrl(stack.appOf('agent'))
beforeEach(() => {
  stack.agentLog.length = 0
})

const send = (bytes: string) => exchange(stack.appOf('agent'), bytes)
const scrape = (bytes: string) => exchange(stack.appOf('agent').metricsServer, bytes)

const getRequest = (target: string, ...headers: string[]) =>
  [`GET ${target} HTTP/1.1`, 'Connection: close', ...headers, '', ''].join('\r\n')

function chatRequest(body: string, ...headers: string[]): string {
  return [
    'POST /api/chat HTTP/1.1',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    ...headers,
    '',
    body,
  ].join('\r\n')
}
const helloBody = JSON.stringify({ ...question, message: 'Hello' })

describe('A page of another site', () => {
  it.each(['application/json', 'text/event-stream'])(
    'runs no turn and reads nothing by DNS rebinding, where its own name leads to the agent (Accept: %s)',
    async accept => {
      const host = 'Host: rebound.example:3001'
      const requests = [
        chatRequest(
          helloBody,
          host,
          `Accept: ${accept}`,
          'Origin: http://rebound.example:3001',
          'Sec-Fetch-Site: same-origin',
        ),
        ...['/', '/api/config', '/api/status', '/openapi.json', '/nowhere', '/assets/x.js'].map(path =>
          getRequest(path, host),
        ),
      ]
      for (const request of requests) {
        const response = await send(request)
        expect(response?.status).toBe(421)
        expect(JSON.parse(response?.body ?? '')).toMatchObject({
          code: 'HOST_NOT_ALLOWED',
          hint: expect.stringContaining('ALLOWED_HOSTS'),
        })
      }
      expect(stack.agentLog.join('')).not.toContain('outcome')
    },
  )

  it.each([
    ['as a form', ['Origin: https://evil.example', 'Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: navigate']],
    ['by fetch', ['Origin: https://evil.example', 'Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: cors']],
    ['from an old browser', ['Origin: https://evil.example']],
    ['from a frame without an origin', ['Origin: null']],
    ['from another port of this machine', ['Origin: http://localhost:8000', 'Sec-Fetch-Site: same-site']],
  ])('runs no turn by a cross-site request that is sent %s', async (_what, headers) => {
    const response = await send(chatRequest(helloBody, 'Host: localhost:3001', ...headers))
    expect(response?.status).toBe(403)
    expect(JSON.parse(response?.body ?? '')).toMatchObject({ code: 'CROSS_SITE_REQUEST' })
    expect(response?.headers.get('access-control-allow-origin')).toBeNull()
    expect(stack.agentLog.join('')).not.toContain('outcome')
  })

  it('may link to the page', async () => {
    const headers = ['Host: localhost', 'Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: navigate']
    expect(await send(getRequest('/', ...headers, 'Sec-Fetch-Dest: document'))).toMatchObject({ status: 200 })
    expect(await send(getRequest('/', ...headers, 'Sec-Fetch-Dest: iframe'))).toMatchObject({ status: 403 })
  })

  it('reads no metrics, while scrapers can read the metrics, also at the pod’s address', async () => {
    expect(await scrape(getRequest('/metrics', 'Host: rebound.example:9464'))).toMatchObject({ status: 421 })
    const crossSite = getRequest('/metrics', 'Host: localhost:9464', 'Sec-Fetch-Site: cross-site')
    expect(await scrape(crossSite)).toMatchObject({ status: 403 })
    for (const host of ['localhost:9464', '10.1.2.3:9464', '[fd00::1]:9464']) {
      expect(await scrape(getRequest('/metrics', `Host: ${host}`))).toMatchObject({ status: 200 })
    }
  })
})

describe('Requests of the page itself and of programs', () => {
  it.each([
    ['the page', ['Host: localhost:3001', 'Origin: http://localhost:3001', 'Sec-Fetch-Site: same-origin']],
    ['a program', ['Host: 127.0.0.1:3001']],
  ])('are answered if they come from %s', async (_who, headers) => {
    // For a question without a city the agent needs no other service.
    const response = await send(chatRequest(helloBody, ...headers))
    expect(JSON.parse(response?.body ?? '')).toMatchObject({ code: 'CITY_NOT_RECOGNISED' })
  })

  it('are answered only under the names in ALLOWED_HOSTS', async () => {
    await using other = await Stack.start({ agent: { ALLOWED_HOSTS: 'Agent.Example' } }, ['agent'])
    const ask = (host: string) => exchange(other.appOf('agent'), getRequest('/api/config', `Host: ${host}`))
    expect(await ask('agent.example')).toMatchObject({ status: 200 })
    expect(await ask('localhost')).toMatchObject({ status: 421 })
  })

  it('are answered at the pod’s address if they are probes of Kubernetes', async () => {
    for (const path of ['/livez', '/readyz', '/sidecar/livez']) {
      expect(await send(getRequest(path, 'Host: 10.1.2.3:3001'))).toMatchObject({ status: 200 })
    }
  })
})

describe('A header that comes twice', () => {
  const local = 'Host: localhost'

  it.each(
    // biome-ignore format: table
    [
      ['Content-Type', chatRequest(helloBody, local, 'Content-Type: text/plain'), 400, 'INVALID_REQUEST'],
      ['Content-Length', chatRequest(helloBody, local, 'Content-Length: 1'), 400, 'INVALID_REQUEST'],
      ['Host', chatRequest(helloBody, local, 'Host: evil.example'), 400, 'INVALID_REQUEST'],
      ['Origin', chatRequest(helloBody, local, 'Origin: http://localhost', 'Origin: http://localhost'), 403, 'CROSS_SITE_REQUEST'],
      ['Sec-Fetch-Site', chatRequest(helloBody, local, 'Sec-Fetch-Site: same-origin', 'Sec-Fetch-Site: none'), 403, 'CROSS_SITE_REQUEST'],
    ],
  )('is refused if it may have only one value: %s', async (_what, bytes, status, code) => {
    const response = await send(bytes)
    expect(response?.status).toBe(status)
    expect(JSON.parse(response?.body ?? '')).toMatchObject({ code })
    expect(stack.agentLog.join('')).not.toContain('outcome')
  })

  it('is refused in a navigation from another site if it is Sec-Fetch-Mode or Sec-Fetch-Dest', async () => {
    const headers = ['Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: document']
    for (const twice of ['Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: document']) {
      expect(await send(getRequest('/', local, ...headers, twice))).toMatchObject({ status: 403 })
    }
  })

  it.each([
    ['Accept', ['Accept: text/html', 'Accept: application/json']],
    ['X-Forwarded-For', ['X-Forwarded-For: 192.0.2.1', 'X-Forwarded-For: 192.0.2.2']],
    ['X-Request-Id, which is replaced by a new one', ['X-Request-Id: one', 'X-Request-Id: two']],
    ['Authorization, where no token is needed', ['Authorization: Bearer a', 'Authorization: Bearer b']],
  ])('is accepted if it is a list or decides nothing: %s', async (_what, headers) => {
    const response = await send(chatRequest(helloBody, local, ...headers))
    const { code, requestId } = JSON.parse(response?.body ?? '')
    expect(code).toBe('CITY_NOT_RECOGNISED')
    expect(requestId).not.toContain('one')
  })
})

describe('A request that fails', () => {
  const secret = 'eyJhbGciOi.secret.token'

  it.each([
    ['an address that cannot be decoded', getRequest(`/%ff?${secret}`, 'Host: localhost'), 400],
    ['a line that is no header', getRequest('/', 'Host: localhost', secret), 400],
    ['no HTTP', `${secret}\r\n\r\n`, 400],
    ['an unknown address', getRequest(`/${secret}?${secret}`, 'Host: localhost'), 404],
    ['an unknown field', chatRequest(JSON.stringify({ ...question, [secret]: 1 }), 'Host: localhost'), 400],
    ['an unknown mode', chatRequest(JSON.stringify({ ...question, mode: secret }), 'Host: localhost'), 400],
    [
      'a city while the sidecar is out of reach',
      chatRequest(JSON.stringify({ ...question, message: secret }), 'Host: localhost'),
      503,
    ],
    ['no JSON', chatRequest(secret, 'Host: localhost'), 400],
  ])(
    'is answered with a problem and the usual headers, and the log repeats nothing of the request: %s',
    async (_what, bytes, status) => {
      const response = await send(bytes)
      expect(response?.status).toBe(status)
      const headers = Object.fromEntries(response?.headers ?? [])
      expect(headers).toMatchObject({
        'content-type': expect.stringMatching(/^application\/problem\+json/),
        'content-security-policy': expect.stringContaining("default-src 'none'"),
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-store',
      })
      const { requestId } = JSON.parse(response?.body ?? '')
      expect(headers['x-request-id']).toBe(requestId)
      const log = stack.agentLog.join('')
      expect(log).toContain(requestId)
      expect(log).not.toContain('secret')
      expect(log).not.toContain('stack')
    },
  )

  it('leaves no error in the log if its connection is reset', async () => {
    for (let round = 0; round < 10; round += 1) {
      await sendAndReset(stack.appOf('agent'), chatRequest(helloBody, 'Host: localhost'))
      await sendAndReset(stack.appOf('agent'), chatRequest(helloBody, 'Host: localhost').slice(0, -5))
    }
    await send(getRequest('/livez', 'Host: localhost'))
    const errors = stack.agentLog.filter(line => JSON.parse(line).level >= 50)
    expect(errors).toEqual([])
    expect(stack.agentLog.join('')).not.toContain('stack')
  })

  it('is cut off, on either port, if it takes more than 30 s, or its headers more than 10 s', () => {
    const app = stack.appOf('agent')
    for (const { server } of [app, app.metricsServer])
      expect(server).toMatchObject({ requestTimeout: 30_000, headersTimeout: 10_000 })
  })

  it('has to share a bounded number of connections, the fewer on the port for metrics', () => {
    const app = stack.appOf('agent')
    expect([app, app.metricsServer].map(({ server }) => server.maxConnections)).toEqual([10_000, 100])
  })
})
