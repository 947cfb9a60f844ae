import { exchange, sendAndReset } from '@entra-agents/service-kit/testing/exchange'
import type { FastifyInstance } from 'fastify'
import { expect, it } from 'vitest'
import { ask, findMetricsUrl, question } from '../../contract/agent/ask.ts'
import { forFile } from '../../support/for-file.ts'
import { Stack } from '../support/stack.ts'

type Requests = Readonly<Record<string, string>>

// Only the agent is started, since it refuses these requests before it calls anything else.
const stack = await forFile(Stack.start({}, ['agent']))
const app = stack.appOf('agent')
await findMetricsUrl(app)
const secret = 'eyJhbGciOi.secret.token'
// For a message without a city the agent needs no other service.
const hello = { ...question, message: 'Hello' }
const navigation = ['Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: navigate']

function get(target: string, ...headers: readonly string[]): string {
  const host = headers.some(header => header.startsWith('Host')) ? [] : ['Host: localhost:3001']
  return [`GET ${target} HTTP/1.1`, 'Connection: close', ...host, ...headers, '', ''].join('\r\n')
}

/** Posts a message; parts of `asked` replace those of the usual one, and a text or a list is the whole body. */
function post(asked: unknown = {}, ...headers: readonly string[]): string {
  const isPart = typeof asked === 'object' && asked !== null && !Array.isArray(asked)
  const body = typeof asked === 'string' ? asked : JSON.stringify(isPart ? { ...hello, ...asked } : asked)
  const type = headers.some(header => header.startsWith('Content-Type:'))
    ? []
    : ['Content-Type: application/json']
  const ownHeaders = [...type, `Content-Length: ${Buffer.byteLength(body)}`]
  return get('/api/chat', ...ownHeaders, ...headers).replace('GET', 'POST') + body
}

/** What each request leads to, one line a request; with the outcome of the turn, if one ran. */
async function describeResponses(requests: Requests, to: FastifyInstance = app): Promise<string> {
  const lines: string[] = []
  for (const [what, bytes] of Object.entries(requests)) {
    stack.agentLog.length = 0
    const { status, headers, body } = (await exchange(to, bytes)) ?? {
      status: 0,
      headers: new Headers(),
      body: '',
    }
    const log = stack.agentLog.join('')
    const problem = /\{"type".*"code":.*\}/.exec(body)?.[0]
    const { code, detail, requestId } = JSON.parse(problem ?? '{}')
    if (status >= 400) expectUsualHeaders(headers)
    expect(headers.get('access-control-allow-origin')).toBeNull()
    if (code && to === app)
      expect([headers.get('x-request-id'), log]).toEqual([requestId, expect.stringContaining(requestId)])
    for (const word of ['secret', 'stack']) expect(log).not.toContain(word)
    const type = headers.get('content-type')?.split(';')[0]
    const turn = /"outcome":"(\w+)"/.exec(log)?.[1]
    lines.push(
      `${what}: ${status} ${type}${code ? ` ${code}: ${detail}` : ''}${turn ? ` (a turn ran: ${turn})` : ''}`,
    )
  }
  return `${lines.join('\n')}\n`
}

function expectUsualHeaders(headers: Headers): void {
  expect(Object.fromEntries(headers)).toMatchObject({
    'content-type': expect.stringMatching(/^application\/problem\+json(; charset=utf-8)?$/),
    'content-security-policy': expect.stringContaining("default-src 'none'"),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
  })
}

it('A page of another site runs no turn and reads nothing, not even by DNS rebinding; it may link to the page', async () => {
  const rebound = 'Host: rebound.example:3001'
  const sameOrigin = [rebound, 'Origin: http://rebound.example:3001', 'Sec-Fetch-Site: same-origin']
  const paths = ['/', '/api/config', '/api/status', '/openapi.json', '/nowhere', '/assets/x.js']
  const evil = 'Origin: https://evil.example'
  const text = await describeResponses({
    'a message by DNS rebinding': post({}, ...sameOrigin),
    'a streamed message by DNS rebinding': post({}, ...sameOrigin, 'Accept: text/event-stream'),
    ...Object.fromEntries(paths.map(path => [`${path} by DNS rebinding`, get(path, rebound)])),
    'a message as a form': post({}, evil, ...navigation),
    'a message by fetch': post({}, evil, 'Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: cors'),
    'a message from an old browser': post({}, evil),
    'a message from a frame without an origin': post({}, 'Origin: null'),
    'a message from another port': post({}, 'Origin: http://localhost:8000', 'Sec-Fetch-Site: same-site'),
    'a link to the page': get('/', ...navigation, 'Sec-Fetch-Dest: document'),
    'the page in a frame': get('/', ...navigation, 'Sec-Fetch-Dest: iframe'),
    'a message of the page itself': post({}, 'Origin: http://localhost:3001', 'Sec-Fetch-Site: same-origin'),
    'a message of a program': post({}, 'Host: 127.0.0.1:3001'),
    ...Object.fromEntries(
      ['/livez', '/readyz', '/sidecar/livez'].map(path => [
        `a probe of ${path} at the pod’s address`,
        get(path, 'Host: 10.1.2.3:3001'),
      ]),
    ),
  })
  await expect(text).toMatchFileSnapshot('requests-of-sites.txt')
})

it('The metrics can be read by scrapers, also at the pod’s address, but not by a page of another site', async () => {
  const hosts = ['localhost:9464', '10.1.2.3:9464', '[fd00::1]:9464', 'rebound.example:9464']
  const requests = Object.fromEntries(hosts.map(host => [host, get('/metrics', `Host: ${host}`)]))
  const crossSite = get('/metrics', 'Host: localhost:9464', 'Sec-Fetch-Site: cross-site')
  const text = await describeResponses(
    { ...requests, 'a page of another site': crossSite },
    app.metricsServer,
  )
  await expect(text).toMatchFileSnapshot('requests-of-scrapers.txt')
})

it('Only the names in ALLOWED_HOSTS lead to an answer', async () => {
  await using other = await Stack.start({ agent: { ALLOWED_HOSTS: 'Agent.Example' } }, ['agent'])
  const statusAt = async (host: string) =>
    (await exchange(other.appOf('agent'), get('/api/config', `Host: ${host}`)))?.status
  expect([await statusAt('agent.example'), await statusAt('localhost')]).toEqual([200, 421])
})

it('A header that comes twice is refused if it may have only one value, and accepted if it is a list or decides nothing', async () => {
  const origin = 'Origin: http://localhost'
  const authorizations = ['Authorization: Bearer a', 'authorization: Bearer b']
  const text = await describeResponses({
    'Content-Type': post({}, 'Content-Type: application/json', 'Content-Type: text/plain'),
    'Content-Length': post({}, 'Content-Length: 1'),
    Host: post({}, 'Host: localhost', 'Host: evil.example'),
    Origin: post({}, origin, origin),
    'Sec-Fetch-Site': post({}, 'Sec-Fetch-Site: same-origin', 'Sec-Fetch-Site: none'),
    'Sec-Fetch-Mode': get('/', ...navigation, 'Sec-Fetch-Dest: document', 'Sec-Fetch-Mode: navigate'),
    'Sec-Fetch-Dest': get('/', ...navigation, 'Sec-Fetch-Dest: document', 'Sec-Fetch-Dest: document'),
    Accept: post({}, 'Accept: text/html', 'Accept: application/json'),
    'X-Forwarded-For': post({}, 'X-Forwarded-For: 192.0.2.1', 'X-Forwarded-For: 192.0.2.2'),
    'X-Request-Id': post({}, 'X-Request-Id: one', 'X-Request-Id: two'),
    'Authorization, where a token is needed': post({ flow: 'obo' }, ...authorizations),
    'Authorization, where no token is needed': post({}, ...authorizations),
  })
  await expect(text).toMatchFileSnapshot('requests-with-headers-twice.txt')
})

it.each(['application/json', 'text/event-stream'])(
  'A faulty request is refused with a problem, also if it accepts %s, and the log repeats nothing of it',
  async accept => {
    const history = (length: number, text: string) =>
      Array.from({ length }, () => ({ role: 'assistant', text }))
    const withAccept = `Accept: ${accept}`
    const bodies: Readonly<Record<string, unknown>> = {
      'no message': { message: undefined },
      'a message of another type': { message: 5 },
      'an empty message': { message: '' },
      'a blank message': { message: ' \n\t ' },
      'no mode': { mode: undefined },
      'an unknown mode': { mode: secret },
      'an unknown flow': { flow: 'delegated' },
      'an unknown field': { token: 1 },
      'an unknown field with a secret name': { [secret]: 1 },
      'an unknown field in the history': { history: [{ role: 'user', text: 'x', name: 'y' }] },
      'a system message in the history': { history: [{ role: 'system', text: 'x' }] },
      'a history that is no list': { history: {} },
      'a list': [hello],
      null: null,
      'broken JSON': '{"message":',
      'no JSON': secret,
      'no body': '',
      'a message of 4,001 characters': { message: 'x'.repeat(4_001) },
      'a message of more than 64 KiB': { message: 'x'.repeat(65_536) },
      '21 messages of history': { history: history(21, 'x') },
      '16,001 characters of history': { history: [...history(1, 'x'), ...history(2, 'x'.repeat(8_000))] },
    }
    const types = ['text/plain', 'application/x-www-form-urlencoded', 'application/xml']
    const text = await describeResponses({
      ...Object.fromEntries(Object.entries(bodies).map(([what, body]) => [what, post(body, withAccept)])),
      ...Object.fromEntries(types.map(type => [type, post({}, `Content-Type: ${type}`, withAccept)])),
    })
    await expect(text).toMatchFileSnapshot('requests-with-faults.txt')
  },
)

it('Requests that are no chat, and those at the limits of what is accepted, are answered as the table says', async () => {
  const history = Array.from({ length: 20 }, () => ({ role: 'assistant', text: 'x'.repeat(800) }))
  const text = await describeResponses({
    'an address that cannot be decoded': get(`/%ff?${secret}`),
    'a line that is no header': get('/', secret),
    'no HTTP': `${secret}\r\n\r\n`,
    'an unknown address': get(`/${secret}?${secret}`),
    'GET of the chat': get('/api/chat'),
    'DELETE of the configuration': get('/api/config').replace('GET', 'DELETE'),
    'a city while the sidecar is out of reach': post({ message: secret }),
    // Characters are counted after trimming, and not in UTF-16 units.
    'a message of 4,000 characters': post({ message: `  ${'🌧'.repeat(4_000)}\n` }),
    'a history of 20 messages with 16,000 characters in all': post({ history }),
  })
  await expect(text).toMatchFileSnapshot('requests-others.txt')
})

it('The answer is a stream only if the Accept header prefers one', async () => {
  const accepted = [
    '*/*',
    'application/json',
    'application/*',
    'text/event-stream',
    'text/*',
    'text/event-stream, application/json',
    'text/event-stream;q=0.5, application/json',
    'application/json;q=0.2, text/event-stream;q=0.9',
    '*/*, text/event-stream;q=0',
    '*/*;q=0.1, text/event-stream',
    'text/html',
    'image/png, text/plain',
    'application/json;q=0',
  ]
  const requests = Object.fromEntries(accepted.map(accept => [accept, post({}, `Accept: ${accept}`)]))
  const text = await describeResponses({ 'no Accept header': post(), ...requests })
  await expect(text).toMatchFileSnapshot('requests-by-accept.txt')
})

it('A request id from a gateway is kept; another text in its place is replaced', async () => {
  const id = '5f0c2b1e-8f43-4b57-9d64-7a1f0a5b9a10'
  const idFor = async (given: string) =>
    (await ask(stack.agentUrl, { message: '' }, { 'x-request-id': given })).body.requestId
  expect(await idFor(id)).toBe(id)
  for (const other of ['has spaces', 'my-request.1', '<script>'])
    expect(await idFor(other)).toMatch(/^[\da-f]{8}-([\da-f]{4}-){3}[\da-f]{12}$/)
})

it('A connection that is reset leaves no error in the log', async () => {
  for (let round = 0; round < 10; round += 1) {
    await sendAndReset(app, post())
    await sendAndReset(app, post().slice(0, -5))
  }
  await exchange(app, get('/livez'))
  expect(stack.agentLog.filter(line => JSON.parse(line).level >= 50)).toEqual([])
  expect(stack.agentLog.join('')).not.toContain('stack')
})

it('Connections are bounded in time and number on both ports, the fewer on the port for metrics', () => {
  const bounds = { requestTimeout: 30_000, headersTimeout: 10_000 }
  expect(app.server).toMatchObject({ ...bounds, maxConnections: 10_000 })
  expect(app.metricsServer.server).toMatchObject({ ...bounds, maxConnections: 100 })
})
