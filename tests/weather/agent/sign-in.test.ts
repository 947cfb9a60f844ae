import { beforeAll, describe, expect, it } from 'vitest'
import { ask, askForStream, bearer, postChat } from '../../contract/agent/ask.ts'
import { startScriptedServer } from '../../contract/agent/scripted-server.ts'
import { forFile } from '../../support/for-file.ts'
import { identities } from '../../support/identities.ts'
import { Stack } from '../support/stack.ts'

const stack = await forFile(Stack.start())
const userToken = await stack.signIn(identities.ada.oid)

describe('A request on behalf of a user', () => {
  it.each([
    ['without a token', 'application/json', {}, 'Bearer', 'SIGN_IN_REQUIRED'],
    ['without a token', 'text/event-stream', {}, 'Bearer', 'SIGN_IN_REQUIRED'],
    [
      'with a text that is no token',
      'text/event-stream',
      bearer('nonsense'),
      'error="invalid_token"',
      'USER_TOKEN_INVALID',
    ],
  ])(
    '%s is refused with 401 and a problem before anything is streamed, also if the client accepts only %s',
    async (_what, accept, headers, challenge, code) => {
      const response = await postChat(stack.agentUrl, { flow: 'obo' }, { accept, ...headers })
      expect(response.status).toBe(401)
      expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8')
      expect(response.headers.get('www-authenticate')).toContain(challenge)
      expect(await response.json()).toMatchObject({ code })
    },
  )
})

it('In the autonomous flow no token of the client is passed on, or even verified', async () => {
  await using sidecar = await startScriptedServer((_request, response) => response.writeHead(400).end())
  await using lone = await Stack.start({ agent: { SIDECAR_URL: sidecar.url } }, ['agent'])
  for (const token of [userToken, 'nonsense']) await ask(lone.agentUrl, {}, bearer(token))
  expect(sidecar.requests.length).toBeGreaterThanOrEqual(2)
  for (const { url, headers } of sidecar.requests) {
    expect(url).toContain('/AuthorizationHeaderUnauthenticated/weatherApp')
    expect(headers.authorization).toBeUndefined()
  }
})

describe('With REQUIRE_SIGN_IN=true', () => {
  beforeAll(() => stack.restart('agent', { REQUIRE_SIGN_IN: 'true' }))

  it('nobody gets an answer or instructions without a token, in any flow', async () => {
    const { status, body } = await ask(stack.agentUrl)
    expect([status, body.code]).toEqual([401, 'SIGN_IN_REQUIRED'])
    const instructions = await fetch(`${stack.agentUrl}/api/instructions?flow=autonomous`)
    expect(await instructions.json()).toMatchObject({ status: 401, code: 'SIGN_IN_REQUIRED' })
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

describe('With TRACE_FOR=signed-in', () => {
  beforeAll(() => stack.restart('agent', { TRACE_FOR: 'signed-in' }))

  it('the trace is withheld from callers who are not signed in, and all other events are kept', async () => {
    expect((await ask(stack.agentUrl)).body).toMatchObject({ finishReason: 'stop', trace: [] })
    const { events } = await askForStream(stack.agentUrl)
    expect(events.map(({ event }) => event)).toEqual(['turn', 'delta', 'result'])
  })

  it('a signed-in user sees the trace, in the autonomous flow too', async () => {
    const { trace } = (await ask(stack.agentUrl, {}, bearer(userToken))).body
    expect(trace.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['sign-in', 'token-request', 'token', 'api-call', 'validation']),
    )
  })

  it('an invalid token is refused instead of treating its sender as not signed in', async () => {
    const { status, body } = await ask(stack.agentUrl, {}, bearer('nonsense'))
    expect([status, body.code]).toEqual([401, 'USER_TOKEN_INVALID'])
  })
})

it('With TRACE_FOR=nobody the trace is withheld from signed-in users too, as /api/config tells the page', async () => {
  await stack.restart('agent', { TRACE_FOR: 'nobody' })
  const { body } = await ask(stack.agentUrl, { flow: 'obo' }, bearer(userToken))
  expect(body.answer).toContain('Dallas')
  expect(body.trace).toEqual([])
  const config = await fetch(`${stack.agentUrl}/api/config`)
  expect(await config.json()).toMatchObject({ traceFor: 'nobody' })
})
