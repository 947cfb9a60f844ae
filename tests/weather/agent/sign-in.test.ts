import { expect, it } from 'vitest'
import { ask, askForStream, bearer, postChat } from '../../contract/agent/ask.ts'
import { startScriptedServer } from '../../contract/agent/scripted-server.ts'
import { forFile } from '../../support/for-file.ts'
import { identities } from '../../support/identities.ts'
import { Stack } from '../support/stack.ts'

const stack = await forFile(Stack.start())
const userToken = await stack.signIn(identities.ada.oid)

it.each([
  ['without a token', 'application/json', {}, 'Bearer', 'SIGN_IN_REQUIRED'],
  ['without a token', 'text/event-stream', {}, 'Bearer', 'SIGN_IN_REQUIRED'],
  [
    'with another text',
    'text/event-stream',
    bearer('nonsense'),
    'error="invalid_token"',
    'USER_TOKEN_INVALID',
  ],
])(
  'A request on behalf of a user %s is refused before anything is streamed, also if the client accepts %s',
  async (_what, accept, headers, challenge, code) => {
    const response = await postChat(stack.agentUrl, { flow: 'obo' }, { accept, ...headers })
    expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8')
    expect(response.headers.get('www-authenticate')).toContain(challenge)
    expect(await response.json()).toMatchObject({ status: 401, code })
  },
)

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

it('With REQUIRE_SIGN_IN=true nobody gets an answer or instructions without a token, in any flow, as the page is told; the agent still acts as itself for a user', async () => {
  await stack.restart('agent', { REQUIRE_SIGN_IN: 'true' })
  const get = async (path: string) => (await fetch(`${stack.agentUrl}${path}`)).json()
  expect((await ask(stack.agentUrl)).body).toMatchObject({ status: 401, code: 'SIGN_IN_REQUIRED' })
  expect(await get('/api/instructions?flow=autonomous')).toMatchObject({ code: 'SIGN_IN_REQUIRED' })
  expect(await get('/api/config')).toMatchObject({ requireSignIn: true })
  const { body } = await ask(stack.agentUrl, {}, bearer(userToken))
  const answer = body.trace.find(({ kind }) => kind === 'api-call')?.response?.body
  expect(answer).toMatchObject({ validated: { flow: 'autonomous', on_behalf_of: null } })
})

it('With TRACE_FOR=signed-in the trace alone is withheld from callers who are not signed in, and an invalid token is refused', async () => {
  await stack.restart('agent', { TRACE_FOR: 'signed-in' })
  expect((await ask(stack.agentUrl)).body).toMatchObject({ finishReason: 'stop', trace: [] })
  const { events } = await askForStream(stack.agentUrl)
  expect(events.map(({ event }) => event)).toEqual(['turn', 'delta', 'result'])
  const { trace } = (await ask(stack.agentUrl, {}, bearer(userToken))).body
  const kinds = ['sign-in', 'token-request', 'token', 'api-call', 'validation']
  expect(trace.map(({ kind }) => kind)).toEqual(expect.arrayContaining(kinds))
  expect((await ask(stack.agentUrl, {}, bearer('nonsense'))).body.code).toBe('USER_TOKEN_INVALID')
})

it('With TRACE_FOR=nobody the trace is withheld from signed-in users too, as /api/config tells the page', async () => {
  await stack.restart('agent', { TRACE_FOR: 'nobody' })
  const { body } = await ask(stack.agentUrl, { flow: 'obo' }, bearer(userToken))
  expect(body.answer).toContain('Dallas')
  expect(body.trace).toEqual([])
  const config = await fetch(`${stack.agentUrl}/api/config`)
  expect(await config.json()).toMatchObject({ traceFor: 'nobody' })
})
