import { exchange } from '@entra-agents/service-kit/testing/exchange'
import type { FastifyInstance } from 'fastify'
import { expect, it } from 'vitest'
import { findMetricsUrl, question } from '../../contract/agent/ask.ts'
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
const rebound = 'Host: rebound.example:3001'
const navigation = ['Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: navigate']
const evil = 'Origin: https://evil.example'
const wantsStream = 'Accept: text/event-stream'

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

const each = (values: readonly string[], requestOf: (value: string) => string): Requests =>
  Object.fromEntries(values.map(value => [value, requestOf(value)]))
const history = (length: number, text: string) => Array.from({ length }, () => ({ role: 'assistant', text }))

const refused: Requests = {
  'no message': post({ message: undefined }),
  'a message of another type': post({ message: 5 }),
  'a blank message': post({ message: ' \n\t ' }),
  'no mode': post({ mode: undefined }),
  'an unknown mode': post({ mode: secret }),
  'an unknown flow': post({ flow: 'delegated' }),
  'an unknown field with a secret name': post({ [secret]: 1 }),
  'an unknown field in the history': post({ history: [{ role: 'user', text: 'x', name: 'y' }] }),
  'a system message in the history': post({ history: [{ role: 'system', text: 'x' }] }),
  'a history that is no list': post({ history: {} }),
  'a list': post([hello]),
  'no JSON': post(secret),
  'no body': post(''),
  'a message of 4,001 characters': post({ message: 'x'.repeat(4_001) }),
  'a message of more than 64 KiB': post({ message: 'x'.repeat(65_536) }),
  '21 messages of history': post({ history: history(21, 'x') }),
  '16,001 characters of history': post({ history: [...history(1, 'x'), ...history(2, 'x'.repeat(8_000))] }),
  'a message as a form': post({}, 'Content-Type: application/x-www-form-urlencoded'),
  'a blank message, if a stream is accepted': post({ message: ' ' }, wantsStream),
  'no JSON, if a stream is accepted': post(secret, wantsStream),
}

const sections: Readonly<Record<string, Requests>> = {
  'A page of another site runs no turn and reads nothing, not even by DNS rebinding; it may link to the page':
    {
      'a message by DNS rebinding': post({}, rebound, 'Origin: http://rebound.example:3001'),
      'a streamed message by DNS rebinding': post({}, rebound, wantsStream),
      ...each(['/', '/api/config', '/api/status', '/openapi.json', '/nowhere', '/assets/x.js'], path =>
        get(path, rebound),
      ),
      'a message as a form': post({}, evil, ...navigation),
      'a message from an old browser': post({}, evil),
      'a message from another port': post({}, 'Origin: http://localhost:8000', 'Sec-Fetch-Site: same-site'),
      'a link to the page': get('/', ...navigation, 'Sec-Fetch-Dest: document'),
      'the page in a frame': get('/', ...navigation, 'Sec-Fetch-Dest: iframe'),
    },
  'The page itself, programs and probes are let in': {
    'a message of the page': post({}, 'Origin: http://localhost:3001', 'Sec-Fetch-Site: same-origin'),
    'a message of a program': post({}, 'Host: 127.0.0.1:3001'),
    ...each(['/livez', '/readyz', '/sidecar/livez'], path => get(path, 'Host: 10.1.2.3:3001')),
  },
  'A header that comes twice is refused if it may have only one value, and accepted if it is a list or decides nothing':
    {
      'Content-Type': post({}, 'Content-Type: application/json', 'Content-Type: text/plain'),
      Accept: post({}, 'Accept: text/html', 'Accept: application/json'),
      'X-Forwarded-For': post({}, 'X-Forwarded-For: 192.0.2.1', 'X-Forwarded-For: 192.0.2.2'),
      'Authorization, where a token is needed': post(
        { flow: 'obo' },
        'Authorization: Bearer a',
        'authorization: Bearer b',
      ),
      'Authorization, where no token is needed': post({}, 'Authorization: a', 'Authorization: b'),
    },
  'A faulty request is refused with a problem': refused,
  'At the limits, messages are accepted': {
    'a city while the sidecar is out of reach': post({ message: secret }),
    // Characters are counted after trimming, and not in UTF-16 units.
    'a message of 4,000 characters': post({ message: `  ${'🌧'.repeat(4_000)}\n` }),
    'a history of 20 messages with 16,000 characters in all': post({ history: history(20, 'x'.repeat(800)) }),
  },
  'The answer is a stream only if the Accept header prefers one': {
    'no Accept header': post(),
    ...each(
      [
        '*/*',
        'application/*',
        'text/event-stream',
        'text/*',
        'text/event-stream, application/json',
        'text/event-stream;q=0.5, application/json',
        '*/*, text/event-stream;q=0',
        '*/*;q=0.1, text/event-stream',
        'text/html',
        'application/json;q=0',
      ],
      accept => post({}, `Accept: ${accept}`),
    ),
  },
}

/** What a request leads to; with the outcome of the turn, if one ran. The log repeats nothing of it. */
async function describeResponse(what: string, bytes: string, to: FastifyInstance = app): Promise<string> {
  stack.agentLog.length = 0
  const response = await exchange(to, bytes)
  if (!response) throw new Error(`${what}: no response.`)
  const { status, headers, body } = response
  const log = stack.agentLog.join('')
  const problem = /\{"type".*"code":.*\}/.exec(body)?.[0]
  const { code, detail, requestId } = JSON.parse(problem ?? '{}')
  if (status >= 400)
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': expect.stringMatching(/^application\/problem\+json(; charset=utf-8)?$/),
      'content-security-policy': expect.stringContaining("default-src 'none'"),
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    })
  expect(headers.get('access-control-allow-origin')).toBeNull()
  if (code && to === app)
    expect([headers.get('x-request-id'), log]).toEqual([requestId, expect.stringContaining(requestId)])
  for (const word of ['secret', 'stack']) expect(log).not.toContain(word)
  const type = headers.get('content-type')?.split(';')[0]
  const turn = /"outcome":"(\w+)"/.exec(log)?.[1]
  return `${what}: ${status} ${type}${code ? ` ${code}: ${detail}` : ''}${turn ? ` (a turn ran: ${turn})` : ''}`
}

it('Requests are answered, or refused before a turn runs, as the text says', async () => {
  const lines: string[] = []
  for (const [title, requests] of Object.entries(sections)) {
    lines.push(`# ${title}`)
    for (const [what, bytes] of Object.entries(requests)) lines.push(await describeResponse(what, bytes))
  }
  lines.push(
    '# The metrics can be read by scrapers, at the pod’s address too, but not by another site’s page',
  )
  for (const host of ['localhost:9464', '10.1.2.3:9464', '[fd00::1]:9464', 'rebound.example:9464'])
    lines.push(await describeResponse(host, get('/metrics', `Host: ${host}`), app.metricsServer))
  const crossSite = get('/metrics', 'Host: localhost:9464', 'Sec-Fetch-Site: cross-site')
  lines.push(await describeResponse('a page of another site', crossSite, app.metricsServer))
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('requests.txt')
})

it('Only the names in ALLOWED_HOSTS lead to an answer', async () => {
  await using other = await Stack.start({ agent: { ALLOWED_HOSTS: 'Agent.Example' } }, ['agent'])
  const statusAt = async (host: string) =>
    (await exchange(other.appOf('agent'), get('/api/config', `Host: ${host}`)))?.status
  expect([await statusAt('agent.example'), await statusAt('localhost')]).toEqual([200, 421])
})

it('Connections are bounded in time and number on both ports, the fewer on the port for metrics', () => {
  const bounds = { requestTimeout: 30_000, headersTimeout: 10_000 }
  expect(app.server).toMatchObject({ ...bounds, maxConnections: 10_000 })
  expect(app.metricsServer.server).toMatchObject({ ...bounds, maxConnections: 100 })
})
