import { ChatResponse, TraceStep } from '@entra-agents/trace'
import { Value } from 'typebox/value'
import { describe, expect, it } from 'vitest'
import { ask, askForStream, bearer, type ReceivedEvent, tokenCards } from '../../contract/agent/ask.ts'
import { forFile } from '../../support/for-file.ts'
import { identities } from '../../support/identities.ts'
import { Stack } from '../support/stack.ts'

const { agentId, ada, ben } = identities
const stack = await forFile(Stack.start())

const dataOf = (events: readonly ReceivedEvent[], name: string): unknown[] =>
  events.filter(({ event }) => event === name).map(({ data }) => data)

describe('A direct turn in the autonomous flow', () => {
  it('answers under the agent identity, with a token that the weather API verified, and says that its weather comes from climate normals', async () => {
    const { status, headers, body } = await ask(stack.agentUrl)
    expect(status).toBe(200)
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(Value.Check(ChatResponse, body)).toBe(true)
    expect(body).toMatchObject({
      mode: 'direct',
      flow: 'autonomous',
      model: null,
      finishReason: 'stop',
      usage: null,
      tools: [{ name: 'get_weather', arguments: { city: 'Dallas' }, status: 'ok' }],
      notices: [],
    })
    expect(body.answer).toMatch(/^In Dallas, Texas.* °C \(\d+ °F\).*climate normals/)
    const card = tokenCards(body.trace, 'TR').at(-1)
    expect(card).toMatchObject({ observed: true, claims: { azp: agentId, idtyp: 'app', oid: agentId } })
    const verified = card?.verifiedBy?.find(({ actor }) => actor === 'weather-api')
    expect(verified?.checks).toContainEqual({ name: 'signature', ok: true })
    expect(body.trace.map(({ status }) => status)).not.toContain('running')
  })

  it('can be streamed as events: first `turn`, then text and each step twice, when it starts and when it has ended, finally one `result`', async () => {
    const { events, response } = await askForStream(stack.agentUrl)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    const names = events.map(({ event }) => event)
    expect(names.join(' ')).toMatch(/^turn (step )+(delta |step )*result$/)
    expect(events.map(({ id }) => id)).toEqual(events.map((_event, index) => index + 1))
    const steps = dataOf(events, 'step') as TraceStep[]
    for (const step of steps) expect(Value.Check(TraceStep, step)).toBe(true)
    const running = steps.filter(({ status }) => status === 'running').map(({ id }) => id)
    expect(running.length).toBeGreaterThanOrEqual(2)
    for (const id of running) expect(steps.findLast(step => step.id === id)?.status).toBe('ok')
    const [result] = dataOf(events, 'result') as [{ answer: string }]
    const deltas = dataOf(events, 'delta') as { text: string }[]
    expect(deltas.map(({ text }) => text).join('')).toBe(result.answer)
    expect(result).not.toHaveProperty('trace')
  })

  it('says that a city is unknown, as a reply and as the last event of a stream', async () => {
    const message = 'Weather in Qwertzuiopolis?'
    const { status, headers, body } = await ask(stack.agentUrl, { message })
    expect([status, body.code, body.requestId]).toEqual([404, 'CITY_NOT_FOUND', headers.get('x-request-id')])
    const { events, response } = await askForStream(stack.agentUrl, { message })
    expect(response.status).toBe(200)
    expect(events.at(-1)).toMatchObject({ event: 'problem', data: { code: 'CITY_NOT_FOUND' } })
    expect(dataOf(events, 'result')).toEqual([])
  })
})

it.each([ada, ben])(
  'A direct turn on behalf of $name calls the weather API for them, with the agent as the caller',
  async ({ oid }) => {
    const { status, body } = await ask(stack.agentUrl, { flow: 'obo' }, bearer(await stack.signIn(oid)))
    expect(status).toBe(200)
    expect(tokenCards(body.trace, 'Tc')[0]).toMatchObject({ observed: true, claims: { oid } })
    const scp = expect.stringMatching(/^Weather\.Read\b/)
    expect(tokenCards(body.trace, 'TR').at(-1)).toMatchObject({ claims: { azp: agentId, oid, scp } })
    const answer = body.trace.find(({ kind }) => kind === 'api-call')?.response?.body
    expect(answer).toMatchObject({ validated: { flow: 'obo', caller: agentId, on_behalf_of: oid } })
  },
)

it('The log of a turn is one line with ids, mode, flow, outcome and times, and has no word of the conversation', async () => {
  stack.agentLog.length = 0
  const { body, headers } = await ask(stack.agentUrl, { message: 'Weather in Reykjavik?' })
  expect(stack.agentLog.join('')).not.toContain('Reykjavik')
  const lines = stack.agentLog.map(line => JSON.parse(line))
  expect(lines.filter(({ outcome }) => outcome !== undefined)).toEqual([
    expect.objectContaining({
      turnId: body.turnId,
      requestId: headers.get('x-request-id'),
      mode: 'direct',
      flow: 'autonomous',
      outcome: 'OK',
      durationMs: expect.any(Number),
      firstTokenMs: expect.any(Number),
      tokenIds: [expect.any(String)],
    }),
  ])
})
