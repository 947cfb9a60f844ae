import { once } from 'node:events'
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { autonomousClaims } from '@entra-agents/tokens/testing/agent-claims'
import { badTokens, oneOfEachFault } from '@entra-agents/tokens/testing/corpus'
import { describe, expect, it } from 'vitest'
import { forFile } from '../../support/for-file.ts'
import { startWeatherApi } from '../weather-api/service.ts'

interface Refusal {
  readonly status: number | undefined
  readonly headers: IncomingHttpHeaders
  readonly code: string | undefined
}

const listTools = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' })

const api = await forFile(startWeatherApi({ ALLOWED_HOSTS: 'localhost,weather-api' }))
const token = api.issuer.sign(autonomousClaims({ authority: api.issuer.url }))

describe('the MCP endpoint of the weather API', () => {
  /** Sends a request with this body; if `body` is missing, sends only headers, as if the body were still to come. */
  async function send(
    headers: Readonly<Record<string, string>>,
    { body, method = 'POST' }: { body?: string; method?: string } = {},
  ): Promise<Refusal> {
    const sent = request(`${api.url}/mcp`, {
      method,
      headers: {
        host: 'localhost',
        accept: 'application/json, text/event-stream',
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body ?? listTools),
        ...headers,
      },
    })
    if (body === undefined) sent.flushHeaders()
    else sent.end(body)
    const [response] = (await once(sent, 'response')) as [IncomingMessage]
    const { statusCode: status, headers: received } = response
    const told = await text(response)
    sent.destroy()
    const isProblem = received['content-type']?.startsWith('application/problem+json')
    return { status, headers: received, code: isProblem ? JSON.parse(told).code : undefined }
  }
  const bearer = (value: string) => ({ authorization: `Bearer ${value}` })

  it('refuses a token with any kind of fault before it has seen a byte of the body', async () => {
    const corpus = oneOfEachFault(badTokens(api.issuer))
    expect(corpus).toHaveLength(10)
    const outcomes = await Promise.all(
      corpus.map(async bad => {
        const { status, headers } = await send(bearer(bad.token))
        return { name: bad.name, status, challenge: headers['www-authenticate']?.split(':')[0] }
      }),
    )
    expect(outcomes).toEqual(
      corpus.map(({ name, status, failedCheck }) => ({
        name,
        status,
        challenge: `Bearer realm="weather-api", error="${status === 401 ? 'invalid_token' : 'insufficient_scope'}", error_description="${failedCheck}`,
      })),
    )
  })

  it('demands a token in the Authorization header, whatever the request', async () => {
    const places = [{}, { authorization: 'Basic YTpi' }, { cookie: `access_token=${token}` }]
    for (const headers of places)
      expect(await send(headers)).toMatchObject({
        status: 401,
        code: 'WEATHER_TOKEN_MISSING',
        headers: { 'www-authenticate': 'Bearer realm="weather-api"' },
      })
    for (const method of ['GET', 'DELETE']) expect((await send({}, { method })).status).toBe(401)
  })

  it('refuses a good token that lacks the right, with 403 and `insufficient_scope`', async () => {
    const claims = autonomousClaims({ authority: api.issuer.url, claims: { roles: [] } })
    expect(await send(bearer(api.issuer.sign(claims)))).toMatchObject({
      status: 403,
      code: 'WEATHER_FORBIDDEN',
      headers: { 'www-authenticate': expect.stringContaining('error="insufficient_scope"') },
    })
  })

  it('answers under the allowed host names only, since any site could let its own name lead to the API', async () => {
    for (const host of ['localhost', 'localhost:8080', 'weather-api'])
      expect((await send({ ...bearer(token), host }, { body: listTools })).status).toBe(200)
    for (const host of ['evil.example', '127.0.0.1', 'weather-api.evil.example'])
      expect(await send({ ...bearer(token), host })).toMatchObject({ status: 421, code: 'HOST_NOT_ALLOWED' })
  })

  it('accepts nothing from pages of other sites, not even with a good token', async () => {
    const pages = [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: 'http://localhost.evil.example' },
      { 'sec-fetch-site': 'cross-site' },
    ]
    for (const page of pages)
      expect(await send({ ...bearer(token), ...page })).toMatchObject({
        status: 403,
        code: 'CROSS_SITE_REQUEST',
      })
  })

  it('takes bodies of 64 KiB, and no larger ones', async () => {
    const ofLength = (length: number) => listTools + ' '.repeat(length - listTools.length)
    expect((await send(bearer(token), { body: ofLength(65_536) })).status).toBe(200)
    expect(await send(bearer(token), { body: ofLength(65_537) })).toMatchObject({
      status: 413,
      code: 'BODY_TOO_LARGE',
    })
  })

  it('has no sessions: GET and DELETE are not allowed', async () => {
    for (const method of ['GET', 'DELETE'])
      expect(await send(bearer(token), { method, body: listTools })).toMatchObject({
        status: 405,
        headers: { allow: 'POST' },
      })
  })

  it.each([
    ['a body that is no JSON', {}, '{', 400],
    ['a body of another type', { 'content-type': 'text/plain' }, listTools, 415],
    ['a client that takes no events', { accept: 'application/json' }, listTools, 406],
    ['an unknown revision', { 'mcp-protocol-version': '1999-01-01' }, listTools, 400],
  ])('refuses %s', async (_name, headers, body, status) => {
    expect((await send({ ...bearer(token), ...headers }, { body })).status).toBe(status)
  })
})
