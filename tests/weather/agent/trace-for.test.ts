import { describe, expect, it } from 'vitest'
import { ask, bearer, postChat } from '../../contract/agent/ask.ts'
import { forFile } from '../../support/for-file.ts'
import { identities } from '../../support/identities.ts'
import { Stack } from '../support/stack.ts'

const stack = await forFile(Stack.start({ agent: { TRACE_FOR: 'signed-in' } }))
const userToken = await stack.signIn(identities.ada.oid)

async function traceKinds(headers: Record<string, string>): Promise<string[]> {
  const { status, body } = await ask(stack.agentUrl, {}, headers)
  expect(status).toBe(200)
  return body.trace.map(({ kind }: { kind: string }) => kind)
}

describe('TRACE_FOR=signed-in', () => {
  it('withholds the trace from callers who are not signed in, in the JSON response', async () => {
    expect(await traceKinds({})).toEqual([])
  })

  it('withholds the trace in the event stream too, and keeps all other events', async () => {
    const response = await postChat(stack.agentUrl, {}, { accept: 'text/event-stream' })
    const events = [...(await response.text()).matchAll(/^event: (\w+)$/gm)].map(match => match[1])
    expect(events).toEqual(['turn', 'delta', 'result'])
  })

  it('shows the trace to a signed-in user, in the autonomous flow too', async () => {
    expect(await traceKinds(bearer(userToken))).toEqual(
      expect.arrayContaining(['sign-in', 'token-request', 'token', 'api-call', 'validation']),
    )
  })

  it('refuses an invalid token instead of treating its sender as not signed in', async () => {
    const { status, body } = await ask(stack.agentUrl, {}, bearer('nonsense'))
    expect([status, body.code]).toEqual([401, 'USER_TOKEN_INVALID'])
  })
})

describe('TRACE_FOR=nobody', () => {
  it('withholds the trace from signed-in users too, as /api/config tells the page', async () => {
    await stack.restart('agent', { TRACE_FOR: 'nobody' })
    const { body } = await ask(stack.agentUrl, { flow: 'obo' }, bearer(userToken))
    expect(body.answer).toContain('Dallas')
    expect(body.trace).toEqual([])
    const config = await fetch(`${stack.agentUrl}/api/config`)
    expect(await config.json()).toMatchObject({ traceFor: 'nobody' })
  })
})
