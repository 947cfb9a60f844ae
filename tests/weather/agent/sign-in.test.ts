import { exchange } from '@entra-agents/service-kit/testing/exchange'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask, bearer, postChat, question } from '../../contract/agent/ask.ts'
import { startScriptedServer } from '../../contract/agent/scripted-server.ts'
import { forFile } from '../../support/for-file.ts'
import { identities } from '../../support/identities.ts'
import { Stack } from '../support/stack.ts'

const { ada } = identities
const stack = await forFile(Stack.start())
const userToken = await stack.signIn(ada.oid)

describe('A request on behalf of a user', () => {
  it.each(['application/json', 'text/event-stream'])(
    'without a token is refused with 401 and a problem, even if the client accepts only %s',
    async accept => {
      const response = await postChat(stack.agentUrl, { flow: 'obo' }, { accept })
      expect(response.status).toBe(401)
      expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8')
      expect(response.headers.get('www-authenticate')).toBe('Bearer')
      expect(await response.json()).toMatchObject({ code: 'SIGN_IN_REQUIRED' })
    },
  )

  it('with a text that is no token is refused with 401 before the stream starts', async () => {
    const response = await postChat(
      stack.agentUrl,
      { flow: 'obo' },
      { accept: 'text/event-stream', ...bearer('nonsense') },
    )
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toContain('error="invalid_token"')
    expect(await response.json()).toMatchObject({ code: 'USER_TOKEN_INVALID' })
  })

  it('with two Authorization headers is refused, even if both headers are good', async () => {
    const body = JSON.stringify({ ...question, flow: 'obo' })
    const response = await exchange(
      stack.appOf('agent'),
      [
        'POST /api/chat HTTP/1.1',
        'Host: localhost',
        'Connection: close',
        'Content-Type: application/json',
        `Content-Length: ${body.length}`,
        `Authorization: Bearer ${userToken}`,
        `authorization: Bearer ${userToken}`,
        '',
        body,
      ].join('\r\n'),
    )
    expect(response?.status).toBe(401)
    expect(response?.headers.get('www-authenticate')).toContain('error="invalid_token"')
    expect(JSON.parse(response?.body ?? '')).toMatchObject({
      code: 'USER_TOKEN_INVALID',
      detail: 'The request has more than one Authorization header.',
    })
  })

  it('without a token never falls back to the autonomous flow, in either mode', async () => {
    for (const mode of ['direct', 'bedrock']) {
      const { status, body } = await ask(stack.agentUrl, { flow: 'obo', mode })
      expect([status, body.code]).toEqual([401, 'SIGN_IN_REQUIRED'])
    }
  })
})

describe('The autonomous flow', () => {
  it('never passes on a token that the client sent, and does not even verify that token', async () => {
    await using sidecar = await startScriptedServer((_request, response) => response.writeHead(400).end())
    await using lone = await Stack.start({ agent: { SIDECAR_URL: sidecar.url } }, ['agent'])
    await ask(lone.agentUrl, {}, bearer(userToken))
    await ask(lone.agentUrl, {}, bearer('nonsense'))
    expect(sidecar.requests.length).toBeGreaterThanOrEqual(2)
    for (const { url, headers } of sidecar.requests) {
      expect(url).toContain('/AuthorizationHeaderUnauthenticated/weatherApp')
      expect(headers.authorization).toBeUndefined()
    }
  })
})

describe('With REQUIRE_SIGN_IN=true', () => {
  beforeAll(() => stack.restart('agent', { REQUIRE_SIGN_IN: 'true' }))
  afterAll(() => stack.restart('agent'))

  it.each(['autonomous', 'obo'])('nobody gets an answer in the %s flow without a token', async flow => {
    const { status, body } = await ask(stack.agentUrl, { flow })
    expect([status, body.code]).toEqual([401, 'SIGN_IN_REQUIRED'])
  })

  it('a signed-in user gets an autonomous answer, for which the agent acts as itself', async () => {
    const { status, body } = await ask(stack.agentUrl, {}, bearer(userToken))
    expect(status).toBe(200)
    const answer = body.trace.find(({ kind }) => kind === 'api-call')?.response?.body
    expect(answer).toMatchObject({ validated: { flow: 'autonomous', on_behalf_of: null } })
  })

  it('the configuration tells the page that users have to sign in', async () => {
    const config = await (await fetch(`${stack.agentUrl}/api/config`)).json()
    expect(config).toMatchObject({ requireSignIn: true })
  })
})
