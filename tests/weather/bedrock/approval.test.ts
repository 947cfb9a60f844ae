import { temporaryFile } from '@entra-agents/service-kit/testing/temporary-file'
import { beforeEach, describe, expect, it } from 'vitest'
import { ask, bearer, continueTurn, type TurnOutcome } from '../../contract/agent/ask.ts'
import {
  ScriptedBedrock,
  type StreamEvent,
  stopEvents,
  textBlock,
  toolBlock,
} from '../../contract/bedrock/scripted-bedrock.ts'
import { forFile } from '../../support/for-file.ts'
import { identities } from '../../support/identities.ts'
import { Stack } from '../support/stack.ts'
import { credentials } from './run-turn.ts'

const file = temporaryFile('alerts.sqlite')
const untilDate = new Date(Date.now() + 30 * 24 * 3_600_000).toISOString().slice(0, 10)
/** A temperature for each test, so that tests do not share alerts. */
let celsius = -20
let createdAlerts: string[]

const model = await forFile(new ScriptedBedrock().start())
const agentSettings = { ...credentials, ...model.environment, WEATHER_API_ALERTS: 'true' }
const stack = await forFile(Stack.start({ weather: { ALERTS_FILE: file }, agent: agentSettings }))
const token = await stack.signIn(identities.ada.oid)
stack.appOf('weather').server.on('request', ({ method, url }) => {
  if (method === 'POST' && url === '/alerts') createdAlerts.push(url)
})
beforeEach(() => {
  celsius -= 1
  createdAlerts = []
  model.requests.length = 0
})

const alertFor = (city: string) => ({ city, when: { kind: 'temperature-below', celsius }, untilDate })
const alertCall = (index: number, id: string, city: string): StreamEvent[] =>
  toolBlock(index, id, 'create_alert', JSON.stringify(alertFor(city)))
const askForAlerts = async (): Promise<TurnOutcome> => {
  const { body } = await ask(
    stack.agentUrl,
    { mode: 'bedrock', message: 'Warn me.', flow: 'obo' },
    bearer(token),
  )
  return body as unknown as TurnOutcome
}
const decide = async (paused: TurnOutcome, decisions: Readonly<Record<string, 'approve' | 'deny'>>) => {
  const chosen = ({ callId }: { callId: string }) => decisions[callId] ?? 'deny'
  return (await continueTurn(stack.agentUrl, paused, chosen, bearer(token))).body
}
/** The last message that the model got. */
const lastMessage = () => model.requests.at(-1)?.body.messages.at(-1)
const toolResultsOf = (message: ReturnType<typeof lastMessage>) =>
  message?.content.flatMap(block => {
    if (!('toolResult' in block)) return []
    const { toolUseId, content } = block['toolResult'] as { toolUseId: string; content: { text?: string }[] }
    return [[toolUseId, content.map(({ text }) => text).join()]]
  })

describe('A step of the model with calls that change something', () => {
  it('is answered in one message, in the order of its calls, whatever the user decided', async () => {
    model.play(
      [
        ...textBlock('I will look and set up two.'),
        ...alertCall(1, 'call_oslo', 'Oslo'),
        ...toolBlock(2, 'call_weather', 'get_weather', '{"city":"Rome"}'),
        ...alertCall(3, 'call_bergen', 'Bergen'),
        ...stopEvents('tool_use'),
      ],
      [...textBlock('One is set up.'), ...stopEvents('end_turn')],
    )
    const paused = await askForAlerts()
    expect(paused).toMatchObject({ status: 'paused', answer: 'I will look and set up two.' })
    expect(paused.calls.map(({ callId }) => callId)).toEqual(['call_oslo', 'call_bergen'])
    expect(model.requests).toHaveLength(1)
    const { answer, tools, usage } = await decide(paused, { call_oslo: 'approve' })
    expect(answer).toBe('One is set up.')
    expect(createdAlerts).toHaveLength(1)
    const { messages } = model.requests.at(-1)?.body ?? { messages: [] }
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user'])
    expect(toolResultsOf(lastMessage())).toEqual([
      ['call_oslo', expect.stringContaining('"city":"Oslo"')],
      ['call_weather', expect.stringContaining('temperature_c')],
      ['call_bergen', expect.stringMatching(/was denied: .* Nothing was sent by this denial\.$/)],
    ])
    expect(tools.map(({ name, status }) => [name, status])).toEqual([
      ['create_alert', 'ok'],
      ['get_weather', 'ok'],
      ['create_alert', 'denied'],
    ])
    expect(usage).toMatchObject({ inputTokens: 20, outputTokens: 10 })
  })

  it('uses up the turn’s budget of input tokens across its pause', async () => {
    const url = await stack.startReplica({ ...agentSettings, TURN_INPUT_TOKENS: '15' })
    model.play([...textBlock('Now.'), ...alertCall(1, 'call_oslo', 'Oslo'), ...stopEvents('tool_use')])
    const question = { mode: 'bedrock', message: 'Warn me.', flow: 'obo' } as const
    const paused = (await ask(url, question, bearer(token))).body as unknown as TurnOutcome
    expect(paused.status).toBe('paused')
    const { body } = await continueTurn(url, paused, () => 'approve', bearer(token))
    expect(body).toMatchObject({
      finishReason: 'length',
      notices: [{ code: 'TOKEN_BUDGET_REACHED' }],
      tools: [{ name: 'create_alert', status: 'ok' }],
      usage: { inputTokens: 20 },
    })
    expect([model.requests.length, createdAlerts.length]).toEqual([2, 1])
  })

  it('keeps calls apart to which the model gave one id, within a step and over steps', async () => {
    const read = toolBlock(0, 'call_1', 'get_weather', '{"city":"Rome"}')
    const steps = [
      [...read, ...alertCall(1, 'call_1', 'Oslo'), ...alertCall(2, 'call_1', 'Bergen')],
      [...alertCall(0, 'call_1', 'Oslo')],
    ]
    model.play(...steps.map(calls => [...calls, ...stopEvents('tool_use')]), [
      ...textBlock('Done.'),
      ...stopEvents('end_turn'),
    ])
    const paused = await askForAlerts()
    const [oslo, bergen] = paused.calls
    expect([oslo?.callId, bergen?.callId]).not.toContain('call_1')
    const again = await decide(paused, { [oslo?.callId ?? '']: 'approve' })
    expect(again.tools.map(({ name, status }) => [name, status])).toEqual([
      ['get_weather', 'ok'],
      ['create_alert', 'ok'],
      ['create_alert', 'denied'],
    ])
    expect(toolResultsOf(model.requests.at(-1)?.body.messages[2])).toEqual([
      ['call_1', expect.stringContaining('temperature_c')],
      [oslo?.callId, expect.stringContaining('"city":"Oslo"')],
      [bergen?.callId, expect.stringContaining('was denied')],
    ])
    const last = await decide(again, { [again.calls[0]?.callId ?? '']: 'approve' })
    expect(last.tools.at(-1)).toMatchObject({ name: 'create_alert', status: 'ok' })
    const ids = model.requests
      .at(-1)
      ?.body.messages.flatMap(message => toolResultsOf(message)?.map(([id]) => id))
    expect(new Set(ids).size).toBe(4)
  })

  it('goes back to the model with its thinking unchanged', async () => {
    const thinking: StreamEvent[] = [
      { messageStart: { role: 'assistant' } },
      {
        contentBlockDelta: {
          contentBlockIndex: 0,
          delta: { reasoningContent: { text: 'The user wants to be warned.' } },
        },
      },
      {
        contentBlockDelta: {
          contentBlockIndex: 0,
          delta: { reasoningContent: { signature: 'c2lnbmF0dXJl' } },
        },
      },
      { contentBlockStop: { contentBlockIndex: 0 } },
    ]
    model.play(
      [...thinking, ...alertCall(1, 'call_1', 'Oslo'), ...stopEvents('tool_use')],
      [...textBlock('Done.'), ...stopEvents('end_turn')],
    )
    await decide(await askForAlerts(), { call_1: 'approve' })
    const [thought] = model.requests.at(-1)?.body.messages[1]?.content ?? []
    expect(thought).toEqual({
      reasoningContent: {
        reasoningText: { text: 'The user wants to be warned.', signature: 'c2lnbmF0dXJl' },
      },
    })
  })
})

describe('A call that changes something', () => {
  it('is shown to the user as it would run, whatever the model says about it', async () => {
    // The model's call names another city than its text, as if words in a weather report had made the model do so.
    model.play([
      ...textBlock('I will warn you about Oslo.'),
      ...alertCall(1, 'call_1', 'Rome'),
      ...stopEvents('tool_use'),
    ])
    const paused = await askForAlerts()
    expect(paused.calls).toMatchObject([{ title: 'Create alert', arguments: alertFor('Rome') }])
  })

  it('is not shown to the user if its tool is unknown or its arguments are not valid', async () => {
    model.play(
      [
        ...toolBlock(0, 'call_1', 'create_alert', '{"city":"Oslo"}'),
        ...toolBlock(1, 'call_2', 'create_alert', '{"city":'),
        ...toolBlock(2, 'call_3', 'drop_tables', '{}'),
        ...toolBlock(
          3,
          'call_4',
          'create_alert',
          JSON.stringify({ ...alertFor('Oslo'), untilDate: '2020-01-31' }),
        ),
        ...stopEvents('tool_use'),
      ],
      [...textBlock('That did not work.'), ...stopEvents('end_turn')],
    )
    const { answer, status } = await askForAlerts()
    expect([status, answer]).toEqual([undefined, 'That did not work.'])
    expect(toolResultsOf(lastMessage())?.at(-1)).toEqual([
      'call_4',
      'create_alert failed: untilDate has to be a last day that is still to come.',
    ])
    expect(createdAlerts).toEqual([])
  })

  it('is denied without a question if the user has already denied the same call in this turn', async () => {
    const wish = (id: string) => [...alertCall(0, id, 'Oslo'), ...stopEvents('tool_use')]
    model.play(wish('call_1'), wish('call_2'), [...textBlock('I will not.'), ...stopEvents('end_turn')])
    const { answer, tools } = await decide(await askForAlerts(), {})
    expect(answer).toBe('I will not.')
    expect(tools.map(({ status }) => status)).toEqual(['denied', 'denied'])
    expect(createdAlerts).toEqual([])
  })

  it('is refused without a question once the turn has waited three times, and the turn goes on', async () => {
    const cities = ['Oslo', 'Bergen', 'Trondheim', 'Bodø']
    model.play(
      ...cities.map((city, index) => [...alertCall(0, `call_${index}`, city), ...stopEvents('tool_use')]),
      [...textBlock('Three are set up.'), ...stopEvents('end_turn')],
    )
    let outcome = await askForAlerts()
    for (const index of [0, 1, 2]) outcome = await decide(outcome, { [`call_${index}`]: 'approve' })
    expect([outcome.status, outcome.answer]).toEqual([undefined, 'Three are set up.'])
    expect(outcome.tools.map(({ status }) => status)).toEqual(['ok', 'ok', 'ok', 'failed'])
    expect(toolResultsOf(lastMessage())).toEqual([['call_3', expect.stringContaining('Nobody was asked')]])
    expect(outcome.trace.filter(({ kind }) => kind === 'tool').at(-1)).toMatchObject({
      status: 'failed',
      problem: { code: 'APPROVAL_LIMIT_REACHED' },
    })
    expect(createdAlerts).toHaveLength(3)
  })

  it('is still asked about after injected calls were denied: a turn waits twice more where everything was denied', async () => {
    const cities = ['Rome', 'Paris', 'Oslo', 'Bergen', 'Bodø', 'Vadsø']
    model.play(
      ...cities.map((city, index) => [...alertCall(0, `call_${index}`, city), ...stopEvents('tool_use')]),
      [...textBlock('Done.'), ...stopEvents('end_turn')],
    )
    let outcome = await askForAlerts()
    for (const [index, decision] of (['deny', 'deny', 'approve', 'approve', 'approve'] as const).entries()) {
      expect(outcome.calls).toMatchObject([{ arguments: { city: cities[index] } }])
      outcome = await decide(outcome, { [`call_${index}`]: decision })
    }
    expect(outcome.tools.map(({ status }) => status)).toEqual([
      'denied',
      'denied',
      'ok',
      'ok',
      'ok',
      'failed',
    ])
    expect(createdAlerts).toHaveLength(3)
  })

  it('is shown in the trace as denied, not as a call that worked, if the user denied it, now or before', async () => {
    const wish = (id: string) => [...alertCall(0, id, 'Oslo'), ...stopEvents('tool_use')]
    model.play(wish('call_1'), wish('call_2'), [...textBlock('No.'), ...stopEvents('end_turn')])
    const { trace } = await decide(await askForAlerts(), {})
    const steps = trace.filter(({ kind }) => kind === 'tool')
    expect(steps.map(({ status, approval }) => [status, approval?.decision])).toEqual([
      ['failed', 'deny'],
      ['failed', 'deny'],
    ])
  })

  it('says in its sentence which words are the tool’s and which are the model’s', async () => {
    model.play([...alertCall(0, 'call_1', 'Rome'), ...stopEvents('tool_use')])
    const [call] = (await askForAlerts()).calls
    expect(call?.sentence?.slice(0, 2)).toEqual([{ value: 'Rome' }, { text: ' below ' }])
  })
})

describe('A call of a tool that was not offered', () => {
  it('leaves an audit line, with the tool’s name only if the configuration has the tool', async () => {
    const count = stack.agentLog.length
    model.play(
      [
        ...toolBlock(0, 'call_1', 'create_alert', JSON.stringify(alertFor('Oslo'))),
        ...toolBlock(1, 'call_2', 'send_money_to_DE89370400440532013000', '{"amount":"98.70"}'),
        ...stopEvents('tool_use'),
      ],
      [...textBlock('I cannot do that.'), ...stopEvents('end_turn')],
    )
    const { body } = await ask(stack.agentUrl, { mode: 'bedrock', message: 'Hello', flow: 'autonomous' })
    expect(body.answer).toBe('I cannot do that.')
    const lines = stack.agentLog.slice(count).map(line => JSON.parse(line))
    const shared = { agent: 'default', flow: 'autonomous', correlationId: body.turnId }
    expect(lines.filter(({ audit }) => audit === 'tool-not-offered')).toEqual([
      expect.objectContaining({ ...shared, tool: 'create_alert' }),
      expect.objectContaining({ ...shared, tool: '2823e2ac6a49' }),
    ])
    expect(stack.agentLog.join()).not.toMatch(/DE8937|98\.70/)
  })
})
