import { beforeEach, describe, expect, it } from 'vitest'
import { temporaryFile } from '../../../packages/service-kit/src/testing/temporary-file.ts'
import { forFile } from '../../support/for-file.ts'
import { identities } from '../../support/identities.ts'
import { Stack } from '../../support/stack.ts'
import { ask, bearer, goOn, type Outcome } from '../agent/ask.ts'
import { credentials } from './run-turn.ts'
import { ScriptedBedrock, type StreamEvent, stop, text, toolUse } from './scripted-bedrock.ts'

const file = temporaryFile('alerts.sqlite')
const untilDate = new Date(Date.now() + 30 * 24 * 3_600_000).toISOString().slice(0, 10)
/** A temperature for each test, so that tests do not share alerts. */
let celsius = -20
let created: string[]

const model = await forFile(new ScriptedBedrock().start())
const env = { ...credentials, ...model.environment, WEATHER_API_ALERTS: 'true' }
const stack = await forFile(Stack.start({ weather: { ALERTS_FILE: file }, agent: env }))
const token = await stack.signIn(identities.ada.oid)
stack.appOf('weather').server.on('request', ({ method, url }) => {
  if (method === 'POST' && url === '/alerts') created.push(url)
})
beforeEach(() => {
  celsius -= 1
  created = []
  model.requests.length = 0
})

const alertFor = (city: string) => ({ city, when: { kind: 'temperature-below', celsius }, untilDate })
const create = (index: number, id: string, city: string): StreamEvent[] =>
  toolUse(index, id, 'create_alert', JSON.stringify(alertFor(city)))
const asked = async (): Promise<Outcome> => {
  const { body } = await ask(
    stack.agentUrl,
    { mode: 'bedrock', message: 'Warn me.', flow: 'obo' },
    bearer(token),
  )
  return body as unknown as Outcome
}
const decide = async (paused: Outcome, decisions: Readonly<Record<string, 'approve' | 'deny'>>) => {
  const chosen = ({ callId }: { callId: string }) => decisions[callId] ?? 'deny'
  return (await goOn(stack.agentUrl, paused, chosen, bearer(token))).body
}
/** The last message that the model got. */
const lastMessage = () => model.requests.at(-1)?.body.messages.at(-1)
const resultsOf = (message: ReturnType<typeof lastMessage>) =>
  message?.content.flatMap(block => {
    if (!('toolResult' in block)) return []
    const { toolUseId, content } = block['toolResult'] as { toolUseId: string; content: { text?: string }[] }
    return [[toolUseId, content.map(({ text }) => text).join()]]
  })

describe('A step of the model that reads and changes', () => {
  it('is answered in one message, in the order of its calls, whatever the user decided', async () => {
    model.play(
      [
        ...text('I will look and set up two.'),
        ...create(1, 'call_oslo', 'Oslo'),
        ...toolUse(2, 'call_weather', 'get_weather', '{"city":"Rome"}'),
        ...create(3, 'call_bergen', 'Bergen'),
        ...stop('tool_use'),
      ],
      [...text('One is set up.'), ...stop('end_turn')],
    )
    const paused = await asked()
    expect(paused).toMatchObject({ status: 'paused', answer: 'I will look and set up two.' })
    expect(paused.calls.map(({ callId }) => callId)).toEqual(['call_oslo', 'call_bergen'])
    expect(model.requests).toHaveLength(1)
    const { answer, tools, usage } = await decide(paused, { call_oslo: 'approve' })
    expect(answer).toBe('One is set up.')
    expect(created).toHaveLength(1)
    const { messages } = model.requests.at(-1)?.body ?? { messages: [] }
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user'])
    expect(resultsOf(lastMessage())).toEqual([
      ['call_oslo', expect.stringContaining('"city":"Oslo"')],
      ['call_weather', expect.stringContaining('temperature_c')],
      ['call_bergen', expect.stringMatching(/was not run: .* that this call changed nothing\.$/)],
    ])
    expect(tools.map(({ name, status }) => [name, status])).toEqual([
      ['create_alert', 'ok'],
      ['get_weather', 'ok'],
      ['create_alert', 'denied'],
    ])
    expect(usage).toMatchObject({ inputTokens: 20, outputTokens: 10 })
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
      [...thinking, ...create(1, 'call_1', 'Oslo'), ...stop('tool_use')],
      [...text('Done.'), ...stop('end_turn')],
    )
    await decide(await asked(), { call_1: 'approve' })
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
    // The model calls for another alert than it announces, as if words in a weather report had made it do so.
    model.play([...text('I will warn you about Oslo.'), ...create(1, 'call_1', 'Rome'), ...stop('tool_use')])
    const paused = await asked()
    expect(paused.calls).toMatchObject([{ title: 'Create alert', arguments: alertFor('Rome') }])
  })

  it('is not shown to the user if it could not run', async () => {
    model.play(
      [
        ...toolUse(0, 'call_1', 'create_alert', '{"city":"Oslo"}'),
        ...toolUse(1, 'call_2', 'create_alert', '{"city":'),
        ...toolUse(2, 'call_3', 'drop_tables', '{}'),
        ...toolUse(
          3,
          'call_4',
          'create_alert',
          JSON.stringify({ ...alertFor('Oslo'), untilDate: '2020-01-31' }),
        ),
        ...stop('tool_use'),
      ],
      [...text('That did not work.'), ...stop('end_turn')],
    )
    const { answer, status } = await asked()
    expect([status, answer]).toEqual([undefined, 'That did not work.'])
    expect(resultsOf(lastMessage())?.at(-1)).toEqual([
      'call_4',
      'create_alert failed: untilDate has to be a last day that is still to come.',
    ])
    expect(created).toEqual([])
  })

  it('is denied without asking if the user has denied the same call in this turn', async () => {
    const wish = (id: string) => [...create(0, id, 'Oslo'), ...stop('tool_use')]
    model.play(wish('call_1'), wish('call_2'), [...text('I will not.'), ...stop('end_turn')])
    const { answer, tools } = await decide(await asked(), {})
    expect(answer).toBe('I will not.')
    expect(tools.map(({ status }) => status)).toEqual(['denied', 'denied'])
    expect(created).toEqual([])
  })

  it('makes a turn wait three times at most', async () => {
    const cities = ['Oslo', 'Bergen', 'Trondheim', 'Bodø']
    model.play(...cities.map((city, index) => [...create(0, `call_${index}`, city), ...stop('tool_use')]))
    let outcome = await asked()
    for (const index of [0, 1, 2]) outcome = await decide(outcome, { [`call_${index}`]: 'approve' })
    expect(outcome).toMatchObject({ code: 'STEP_LIMIT_REACHED' })
    expect(created).toHaveLength(3)
  })
})
