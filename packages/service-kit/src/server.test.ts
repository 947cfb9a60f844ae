import { once } from 'node:events'
import { describe, expect, it, onTestFinished } from 'vitest'
import { defineProblems } from './problems.ts'
import { createServer, type ServerOptions } from './server.ts'
import { connectTo, exchange, sendAndReset } from './testing/exchange.ts'

const problem = defineProblems({
  KITCHEN_CLOSED: { status: 503, title: 'The kitchen is closed.', hint: 'Come back at noon.' },
})

const Order = {
  type: 'object',
  properties: { cups: { type: 'integer' } },
  additionalProperties: false,
} as const

/** A service whose log lines are recorded. Like a rate limiter, it reads the client's address. */
async function startService(options: Partial<ServerOptions> = {}) {
  const lines: string[] = []
  const logStream = { write: (line: string) => lines.push(line) }
  const app = createServer({ logLevel: 'trace', logStream, ...options })
  onTestFinished(() => app.close())
  app.addHook('preHandler', async request => {
    if (request.ip === undefined) throw new Error('The client has no address.')
  })
  app.get('/tea', async () => ({ tea: true }))
  const cause = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })
  const closed = problem('KITCHEN_CLOSED', 'The kitchen does not answer.', { cause })
  app.get('/kitchen', () => Promise.reject(closed))
  app.get('/broken', () => Promise.reject(new Error('the pot is broken')))
  app.post('/orders', { schema: { body: Order } }, async request => request.body)
  await app.listen({ port: 0, host: '127.0.0.1' })
  return { app, log: () => lines.join(''), entries: () => lines.map(line => JSON.parse(line)) }
}

const secret = 'eyJhbGciOi.secret.token'
const toLocalhost = 'Host: localhost\r\nConnection: close'
const orderRequest = (body: string, type = 'application/json') =>
  `POST /orders HTTP/1.1\r\n${toLocalhost}\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n${body}`
const getRequest = (target: string, ...headers: string[]) =>
  [`GET ${target} HTTP/1.1`, toLocalhost, ...headers, '', ''].join('\r\n')

const strictHeaders = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
}

describe('createServer', () => {
  it.each(
    // biome-ignore format: table
    [
      ['an invalid request line', `${secret}\r\n\r\n`, 400, 'INVALID_REQUEST'],
      ['an invalid header', `GET / HTTP/1.1\r\nHost: localhost\r\n${secret}\r\n\r\n`, 400, 'INVALID_REQUEST'],
      ['headers over the limit', getRequest('/', `Authorization: Bearer ${secret.repeat(1000)}`), 431, 'HEADERS_TOO_LARGE'],
      ['a path that cannot be decoded', getRequest(`/%ff?${secret}`), 400, 'INVALID_REQUEST'],
      ['a path with a parameter of any length', getRequest(`/${'x'.repeat(2000)}${secret}`), 404, 'NOT_FOUND'],
      ['a body that is no JSON', orderRequest(secret), 400, 'INVALID_REQUEST'],
      ['an unknown field', orderRequest(JSON.stringify({ [secret]: 1 })), 400, 'INVALID_REQUEST'],
      ['a field of another type', orderRequest('{"cups":"1"}'), 400, 'INVALID_REQUEST'],
      ['a plain text body', orderRequest('{}', 'text/plain'), 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ],
  )(
    'sends a problem with the strict headers for a request with %s, and logs only the problem’s code',
    async (_what, bytes, status, code) => {
      const { app, log, entries } = await startService()
      const response = await exchange(app, bytes)
      expect(response?.status).toBe(status)
      expect(Object.fromEntries(response?.headers ?? [])).toMatchObject({
        ...strictHeaders,
        'content-type': expect.stringMatching(/^application\/problem\+json/),
      })
      const body = JSON.parse(response?.body ?? '')
      expect(body).toMatchObject({ status, code, requestId: response?.headers.get('x-request-id') })
      expect(entries()).toContainEqual(expect.objectContaining({ code, requestId: body.requestId }))
      expect(log()).not.toContain(secret.slice(0, 8))
      expect(log()).not.toContain('stack')
    },
  )

  it.each([
    ['headers', getRequest('/tea').slice(0, -2)],
    ['an empty request', ''],
    ['a body', orderRequest('{}').slice(0, -1)],
  ])('sends 408 to a client that never completes %s, and closes its connection', async (_what, bytes) => {
    const { app, log } = await startService({ headersTimeoutMs: 50, requestTimeoutMs: 100 })
    const response = await exchange(app, bytes)
    expect(response).toMatchObject({ status: 408 })
    expect(Object.fromEntries(response?.headers ?? [])).toMatchObject(strictHeaders)
    expect(JSON.parse(response?.body ?? '')).toMatchObject({ code: 'REQUEST_TIMEOUT' })
    expect(log()).not.toContain('stack')
  })

  it('limits the time for a body, even if its bytes keep coming', async () => {
    const { app } = await startService({ headersTimeoutMs: 50, requestTimeoutMs: 100 })
    const socket = connectTo(app).on('error', () => {})
    socket.write(orderRequest(' '.repeat(100_000)).slice(0, -99_999))
    const drip = setInterval(() => socket.write(' '), 20)
    await new Promise(closed => socket.once('close', closed))
    clearInterval(drip)
  })

  it('logs no error when clients reset their connections', async () => {
    const { app, log, entries } = await startService()
    const halfOrder = orderRequest('{"cups":1}').slice(0, -3)
    for (let round = 0; round < 10; round += 1) {
      await sendAndReset(app, halfOrder)
      await sendAndReset(app, getRequest('/tea'))
      await sendAndReset(app, 'GET /tea')
    }
    await exchange(app, getRequest('/tea'))
    expect(entries().filter(({ level }) => level > 30)).toEqual([])
    expect(log()).not.toContain('stack')
  })

  it('logs an expected 503 with its cause’s code and no stack, but an unexpected error with its stack', async () => {
    const { app, entries } = await startService()
    expect(await exchange(app, getRequest('/kitchen'))).toMatchObject({ status: 503 })
    expect(await exchange(app, getRequest('/broken'))).toMatchObject({ status: 500 })
    const errors = entries().filter(({ level }) => level >= 50)
    expect(errors).toMatchObject([
      { code: 'KITCHEN_CLOSED', reason: 'ECONNREFUSED' },
      { code: 'INTERNAL_ERROR', err: { stack: expect.any(String) } },
    ])
    expect(errors[0]).not.toHaveProperty('err')
  })

  it('logs no credential of a caller, wherever an object of the log has it', async () => {
    const { app, log } = await startService()
    const headers = { authorization: secret, cookie: secret }
    app.log.info({ authorization: secret, call: { authorization: secret }, request: { headers } })
    app.log.info({ headers: { authorization: secret } })
    expect(log()).not.toContain(secret)
    expect(log().match(/‹removed›/g)).toHaveLength(5)
  })

  it('keeps the caller’s request id if it is a UUID or 32 hexadecimal digits, as gateways send it', async () => {
    const { app } = await startService()
    const idOf = async (id: string) =>
      (await exchange(app, getRequest('/tea', `X-Request-Id: ${id}`)))?.headers.get('x-request-id')
    for (const fit of ['5f0c2b1e-8f43-4b57-9d64-7a1f0a5b9a10', '5F0C2B1E8F434B579D647A1F0A5B9A10'])
      expect(await idOf(fit)).toBe(fit)
    const words = ['ada.osei', 'job-7:1.2_a', 'deadbeef', 'a b', '"', 'x'.repeat(36), 'né', '']
    for (const unfit of [...words, '5f0c2b1e-8f43-4b57-9d64-7a1f0a5b9a10, two', 'f'.repeat(33)])
      expect(await idOf(unfit)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f-]{21}$/)
  })

  it('stops although a client holds a connection on which it has sent nothing, but responds to a request that has begun', async () => {
    const { app } = await startService()
    const unused = connectTo(app)
    await once(app.server, 'connection')
    const used = connectTo(app).setEncoding('utf8')
    const request = orderRequest('{"cups":1}')
    used.write(request.slice(0, -5))
    await once(app.server, 'request')
    const closed = Promise.all([app.close(), once(unused.resume(), 'close')])
    used.write(request.slice(-5))
    expect(String(await once(used, 'data'))).toContain('{"cups":1}')
    await closed
  })

  it('limits the number of connections', async () => {
    const { app } = await startService({ maxConnections: 1 })
    const first = connectTo(app)
    await once(app.server, 'connection')
    expect(await exchange(app, getRequest('/tea'))).toBeUndefined()
    first.destroy()
  })
})
