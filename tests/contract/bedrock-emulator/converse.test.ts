import type { ConverseStreamOutput, Message } from '@aws-sdk/client-bedrock-runtime'
import { describe, expect, it } from 'vitest'
import {
  type Answer,
  collectStream,
  converse,
  haiku,
  textOf,
  toolConfig,
  useBedrock,
  userSays,
} from './support.ts'

/** With 0.5 as the random number, each of the model's tokens has exactly four characters. */
const bedrock = useBedrock(
  () => ({}),
  () => 0.5,
)

const compareQuestion = 'Compare the weather in Oslo and Rome'
const osloWeather = {
  city: 'Oslo',
  country: 'Norway',
  temperature_c: -1.5,
  temperature_f: 29.3,
  condition: 'light snow',
  source: 'open-meteo',
}
const romeWeather = {
  city: 'Rome',
  country: 'Italy',
  temperature_c: 14,
  temperature_f: 57.2,
  condition: 'partly cloudy',
  source: 'open-meteo',
}

/** The conversation with the results of the tools that the assistant called. */
function withResults(question: string, { content }: Answer, results: readonly unknown[]): Message[] {
  const calls = content.flatMap(({ toolUse }) => toolUse ?? [])
  expect(calls).toHaveLength(results.length)
  return [
    userSays(question),
    { role: 'assistant', content },
    {
      role: 'user',
      content: calls.map(({ toolUseId }, index) => ({
        toolResult: {
          toolUseId,
          content: [
            { text: typeof results[index] === 'string' ? results[index] : JSON.stringify(results[index]) },
          ],
        },
      })),
    },
  ]
}

describe('a weather question', () => {
  it('leads to one call of a tool for each city, and the answer has the results of all calls', async () => {
    const client = bedrock.client()
    const asked = await converse(client, { messages: [userSays(compareQuestion)], toolConfig })
    expect(asked).toMatchObject({
      stopReason: 'tool_use',
      content: [
        { text: 'I’ll look up the weather for Oslo and Rome.' },
        {
          toolUse: {
            name: 'get_weather',
            input: { city: 'Oslo' },
            toolUseId: expect.stringMatching(/^tooluse_/),
          },
        },
        { toolUse: { name: 'get_weather', input: { city: 'Rome' } } },
      ],
    })
    const events = await collectStream(client, {
      messages: withResults(compareQuestion, asked, [osloWeather, romeWeather]),
      toolConfig,
    })
    expect(textOf(events)).toBe(
      [
        'Oslo, Norway: -1.5 °C, light snow (open-meteo).',
        'Rome, Italy: 14 °C, partly cloudy (open-meteo).',
      ].join('\n'),
    )
    expect(events.at(-2)).toEqual({ messageStop: { stopReason: 'end_turn' } })
  })

  it('streams the events in the order in which Claude sends them on Bedrock', async () => {
    const events = await collectStream(bedrock.client(), {
      messages: [userSays('What will the weather be like in Munich tomorrow?')],
      toolConfig,
    })
    const kinds = events.map(eventKind)
    expect(kinds.filter((kind, index) => kind !== kinds[index - 1])).toEqual([
      'messageStart',
      'text 0',
      'stop 0',
      'start 1',
      'input 1',
      'stop 1',
      'messageStop',
      'metadata',
    ])
    expect(textOf(events)).toBe('I’ll look up the forecast for Munich.')
    const inputs = events.flatMap(({ contentBlockDelta }) => contentBlockDelta?.delta?.toolUse?.input ?? [])
    expect(inputs[0]).toBe('')
    expect(inputs.length).toBeGreaterThan(3)
    expect(JSON.parse(inputs.join(''))).toEqual({ city: 'Munich', days: 2 })
    expect(events.at(-1)?.metadata?.usage).toMatchObject({
      inputTokens: expect.any(Number),
      outputTokens: expect.any(Number),
    })
    expect(bedrock.app.controls.requests.all[0]).toMatchObject({
      operation: 'ConverseStream',
      modelId: haiku,
      principal: 'arn:aws:iam::111122223333:user/agent',
      status: 200,
      stopReason: 'tool_use',
    })
  })
})

function eventKind({
  contentBlockDelta,
  contentBlockStart,
  contentBlockStop,
  ...rest
}: ConverseStreamOutput): string {
  if (contentBlockDelta) {
    return `${Object.keys(contentBlockDelta.delta ?? {})[0] === 'text' ? 'text' : 'input'} ${contentBlockDelta.contentBlockIndex}`
  }
  if (contentBlockStart) return `start ${contentBlockStart.contentBlockIndex}`
  if (contentBlockStop) return `stop ${contentBlockStop.contentBlockIndex}`
  return Object.keys(rest)[0] ?? ''
}

describe('a conversation', () => {
  const history = (next: string): Message[] => [
    userSays(compareQuestion),
    { role: 'assistant', content: [{ text: 'Oslo: -1.5 °C. Rome: 14 °C.' }] },
    userSays(next),
  ]
  const callsFor = async (messages: Message[]) =>
    (await converse(bedrock.client(), { messages, toolConfig })).content.flatMap(({ toolUse }) =>
      toolUse ? [[toolUse.name, toolUse.input]] : [],
    )

  it.each(
    // biome-ignore format: table
    [
      ['and tomorrow?', [['get_forecast', { city: 'Oslo', days: 2 }], ['get_forecast', { city: 'Rome', days: 2 }]]],
      ['And in Lisbon?', [['get_weather', { city: 'Lisbon' }]]],
      ['And in Vienna for 5 days?', [['get_forecast', { city: 'Vienna', days: 5 }]]],
    ],
  )('goes on with the right calls after “%s”', async (next, calls) => {
    expect(await callsFor(history(next))).toEqual(calls)
  })

  it('keeps the days of the question when only the city changes', async () => {
    expect(
      await callsFor([
        ...history('and tomorrow?'),
        { role: 'assistant', content: [{ text: 'Cold.' }] },
        userSays('and in Paris?'),
      ]),
    ).toEqual([['get_forecast', { city: 'Paris', days: 2 }]])
  })

  it.each([
    ['What is the weather?', 'Which city do you mean?'],
    ['Hello!', /^Hello! Ask me about the weather/],
    ['Who are you?', /emulated model/],
    ['What can you see about me?', /no token/],
    ['Write a poem', /only help with the weather/],
  ])('answers “%s” without a tool', async (question, answer) => {
    const { content, stopReason } = await converse(bedrock.client(), {
      messages: [userSays(question)],
      toolConfig,
    })
    expect(stopReason).toBe('end_turn')
    expect(content).toEqual([{ text: expect.stringMatching(answer) }])
  })

  it('says what went wrong in a tool call that failed, and answers from the results of the other calls', async () => {
    const client = bedrock.client()
    const asked = await converse(client, { messages: [userSays(compareQuestion)], toolConfig })
    const answer = await converse(client, {
      messages: withResults(compareQuestion, asked, [
        osloWeather,
        'get_weather failed: No city is called "Rome".',
      ]),
      toolConfig,
    })
    expect(answer.content[0]?.text).toBe(
      'Oslo, Norway: -1.5 °C, light snow (open-meteo).\nI’m sorry, I could not get that: No city is called "Rome".',
    )
  })
})

describe('the limits of an answer', () => {
  it('cut the answer off, even inside the input of a tool', async () => {
    const messages = [userSays('Weather in Oslo')]
    const events = await collectStream(bedrock.client(), {
      messages,
      toolConfig,
      inferenceConfig: { maxTokens: 12 },
    })
    const input = events.map(({ contentBlockDelta }) => contentBlockDelta?.delta?.toolUse?.input ?? '')
    expect(input.join('')).toBe('{"city":"Osl')
    expect(events.find(({ messageStop }) => messageStop)).toEqual({
      messageStop: { stopReason: 'max_tokens' },
    })
    expect(events.at(-1)?.metadata?.usage).toMatchObject({ outputTokens: 12 })
  })

  it('end the answer after `maxTokens` tokens, which the usage counts as output', async () => {
    const { usage, stopReason } = await converse(bedrock.client(), { inferenceConfig: { maxTokens: 3 } })
    expect(stopReason).toBe('max_tokens')
    expect(usage).toMatchObject({ outputTokens: 3, totalTokens: (usage?.inputTokens ?? 0) + 3 })
  })
})
