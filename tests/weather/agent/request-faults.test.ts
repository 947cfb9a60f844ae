import { request as openRequest } from 'node:http'
import { describe, expect, it } from 'vitest'
import { ask, postChat, question } from '../../contract/agent/ask.ts'
import { forFile } from '../../support/for-file.ts'
import { Stack } from '../support/stack.ts'

// Only the agent is started, since it has to refuse these requests before it calls anybody.
const stack = await forFile(Stack.start({}, ['agent']))

async function send(body: string, headers: Record<string, string>, accept = 'application/json') {
  const response = await fetch(`${stack.agentUrl}/api/chat`, {
    method: 'POST',
    body,
    headers: { accept, ...headers },
  })
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    body: JSON.parse(await response.text()),
  }
}
const jsonHeaders = { 'content-type': 'application/json' }

describe.each(['application/json', 'text/event-stream'])('A request that accepts %s', accept => {
  it.each([
    ['no message', { mode: 'direct', flow: 'autonomous' }],
    ['a message of another type', { ...question, message: 5 }],
    ['an empty message', { ...question, message: '' }],
    ['a blank message', { ...question, message: ' \n\t ' }],
    ['no mode', { message: 'Dallas', flow: 'autonomous' }],
    ['an unknown mode', { ...question, mode: 'fast' }],
    ['an unknown flow', { ...question, flow: 'delegated' }],
    ['an unknown field', { ...question, token: 'x' }],
    ['an unknown field in the history', { ...question, history: [{ role: 'user', text: 'x', name: 'y' }] }],
    ['a system message in the history', { ...question, history: [{ role: 'system', text: 'x' }] }],
    ['a history that is no list', { ...question, history: {} }],
    ['a list', [question]],
    ['null', null],
  ])('with %s is refused as INVALID_REQUEST', async (_what, body) => {
    const { status, type, body: problem } = await send(JSON.stringify(body), jsonHeaders, accept)
    expect([status, problem.code]).toEqual([400, 'INVALID_REQUEST'])
    expect(type).toBe('application/problem+json; charset=utf-8')
    expect(problem.requestId).toMatch(/^[\da-f]{8}-([\da-f]{4}-){3}[\da-f]{12}$/)
  })

  it.each([
    ['a message of 4,001 characters', { message: 'x'.repeat(4_001) }],
    ['21 messages of history', { history: Array.from({ length: 21 }, () => ({ role: 'user', text: 'x' })) }],
    [
      '16,001 characters of history',
      { history: ['user', 'assistant'].map(role => ({ role, text: 'x'.repeat(8_001) })) },
    ],
  ])('with %s is refused as too long', async (_what, part) => {
    const { status, body } = await send(JSON.stringify({ ...question, ...part }), jsonHeaders, accept)
    expect([status, body.code]).toEqual([400, 'MESSAGE_TOO_LONG'])
  })

  it('with more than 64 KiB is refused', async () => {
    const { status, body } = await send(
      JSON.stringify({ ...question, message: 'x'.repeat(65_536) }),
      jsonHeaders,
      accept,
    )
    expect([status, body.code]).toEqual([413, 'BODY_TOO_LARGE'])
  })

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/xml'])(
    'with content of type %s is refused',
    async contentType => {
      const { status, body } = await send(JSON.stringify(question), { 'content-type': contentType }, accept)
      expect([status, body.code]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE'])
    },
  )

  it('with broken JSON is refused', async () => {
    const { status, body } = await send('{"message":', jsonHeaders, accept)
    expect([status, body.code]).toEqual([400, 'INVALID_REQUEST'])
  })

  it('without a body is refused', async () => {
    const { status, body } = await send('', jsonHeaders, accept)
    expect([status, body.code]).toEqual([400, 'INVALID_REQUEST'])
  })
})

describe('The content of a request', () => {
  it('is refused if it has an unknown field, which the problem names', async () => {
    const { body } = await ask(stack.agentUrl, { surprise: 1 } as object)
    expect(body.detail).toContain('surprise')
  })

  it('is counted in characters after trimming, not in UTF-16 units', async () => {
    // 4,000 characters outside the basic plane: accepted, and then no city is found in them.
    const { body } = await ask(stack.agentUrl, { message: `  ${'🌧'.repeat(4_000)}\n` })
    expect(body.code).toBe('CITY_NOT_RECOGNISED')
  })

  it('may include a history of 20 messages with 16,000 characters in all', async () => {
    const history = Array.from({ length: 20 }, () => ({ role: 'assistant', text: 'x'.repeat(800) }))
    const { body } = await ask(stack.agentUrl, { message: 'Hello', history })
    expect(body.code).toBe('CITY_NOT_RECOGNISED')
  })
})

describe('The content type of the answer', () => {
  it.each([
    [undefined, 'application/problem+json'],
    ['*/*', 'application/problem+json'],
    ['application/json', 'application/problem+json'],
    ['application/*', 'application/problem+json'],
    ['text/event-stream', 'text/event-stream'],
    ['text/*', 'text/event-stream'],
    ['text/event-stream, application/json', 'text/event-stream'],
    ['text/event-stream;q=0.5, application/json', 'application/problem+json'],
    ['application/json;q=0.2, text/event-stream;q=0.9', 'text/event-stream'],
    ['*/*, text/event-stream;q=0', 'application/problem+json'],
    ['*/*;q=0.1, text/event-stream', 'text/event-stream'],
  ])('for Accept: %s is %s', async (accept, expected) => {
    expect(await answerTypeFor(accept)).toBe(expected)
  })

  it.each(['text/html', 'image/png, text/plain', 'application/json;q=0'])(
    'for Accept: %s cannot be provided, and the request is refused',
    async accept => {
      const { status, body } = await ask(stack.agentUrl, {}, { accept })
      expect([status, body.code]).toEqual([406, 'NOT_ACCEPTABLE'])
    },
  )
})

/** Uses node:http, because fetch adds an Accept header of its own. The message names no city, so no API is called. */
function answerTypeFor(accept: string | undefined): Promise<string | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<string | undefined>()
  const headers = { 'content-type': 'application/json', ...(accept === undefined ? {} : { accept }) }
  openRequest(`${stack.agentUrl}/api/chat`, { method: 'POST', headers }, response => {
    response.resume()
    resolve(response.headers['content-type']?.split(';')[0])
  })
    .on('error', reject)
    .end(JSON.stringify({ ...question, message: 'Hello' }))
  return promise
}

describe('A request id', () => {
  it('from a gateway is kept, and is in the headers and the problem of the response', async () => {
    const requestId = '5f0c2b1e-8f43-4b57-9d64-7a1f0a5b9a10'
    const { headers, body } = await ask(stack.agentUrl, { message: '' }, { 'x-request-id': requestId })
    expect(headers.get('x-request-id')).toBe(requestId)
    expect(body.requestId).toBe(requestId)
  })

  it.each(['has spaces', 'my-request.1', '<script>'])(
    'that does not look like a gateway’s is replaced: %s',
    async id => {
      const response = await postChat(stack.agentUrl, { message: '' }, { 'x-request-id': id })
      expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
    },
  )
})

describe('An unknown address', () => {
  it.each([
    ['GET', '/nothing'],
    ['GET', '/api/chat'],
    ['DELETE', '/api/config'],
  ])('answers the request %s %s with a problem', async (method, path) => {
    const response = await fetch(`${stack.agentUrl}${path}`, { method })
    expect(response.status).toBe(404)
    expect(await response.json()).toMatchObject({ code: 'NOT_FOUND' })
  })
})
