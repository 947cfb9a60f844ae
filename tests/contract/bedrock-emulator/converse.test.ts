import type { ConverseStreamOutput } from '@aws-sdk/client-bedrock-runtime'
import { expect, it } from 'vitest'
import { collectStream, converse, haiku, startBedrock, toolConfig, userSays } from './support.ts'

/** With 0.5 as the random number, each of the model's tokens has exactly four characters. */
const bedrock = await startBedrock({}, () => 0.5)

it('a question leads to one call of a tool for each city, and the answer has the results of all calls', async () => {
  const question = userSays('Compare the weather in Oslo and Rome')
  const asked = await converse(bedrock.client(), { messages: [question], toolConfig })
  const toolUse = { name: 'get_weather', toolUseId: expect.stringMatching(/^tooluse_/) }
  expect(asked).toMatchObject({
    stopReason: 'tool_use',
    content: [
      { text: 'I’ll look up the weather for Oslo and Rome.' },
      { toolUse: { ...toolUse, input: { city: 'Oslo' } } },
      { toolUse: { ...toolUse, input: { city: 'Rome' } } },
    ],
  })
  const weather = { country: 'Somewhere', temperature_c: -1.5, condition: 'light snow', source: 'open-meteo' }
  const results = asked.content.flatMap(({ toolUse: called }) => {
    const content = [{ text: JSON.stringify({ ...weather, ...Object(called?.input) }) }]
    return called ? [{ toolResult: { toolUseId: called.toolUseId, content } }] : []
  })
  const messages = [
    question,
    { ...asked, role: 'assistant' as const },
    { role: 'user' as const, content: results },
  ]
  const lines = ['Oslo', 'Rome'].map(city => `${city}, Somewhere: -1.5 °C, light snow (open-meteo).`)
  expect(await converse(bedrock.client(), { messages, toolConfig })).toMatchObject({
    stopReason: 'end_turn',
    content: [{ text: lines.join('\n') }],
  })
})

it('the events are streamed in the order in which Claude sends them on Bedrock', async () => {
  const messages = [userSays('What will the weather be like in Munich tomorrow?')]
  const events = await collectStream(bedrock.client(), { messages, toolConfig })
  await expect(events.map(describeEvent).join('')).toMatchFileSnapshot('events.txt')
  expect(bedrock.app.controls.requests.all).toMatchObject([
    {
      operation: 'ConverseStream',
      modelId: haiku,
      principal: 'arn:aws:iam::111122223333:user/agent',
      status: 200,
      stopReason: 'tool_use',
      outcome: 'complete',
      eventsSent: events.length,
    },
  ])
})

/** An event without its usage, its padding and the random id of a call. */
function describeEvent({ metadata, ...event }: ConverseStreamOutput): string {
  const text = metadata ? 'metadata' : JSON.stringify(event).replace(/tooluse_[^"]+/, 'tooluse_…')
  return `${text}\n`
}

it('an answer ends after `maxTokens` tokens, even inside the input of a tool, and the usage counts them', async () => {
  const events = await collectStream(bedrock.client(), {
    messages: [userSays('Weather in Oslo')],
    toolConfig,
    inferenceConfig: { maxTokens: 12 },
  })
  const input = events.map(({ contentBlockDelta }) => contentBlockDelta?.delta?.toolUse?.input ?? '')
  expect(input.join('')).toBe('{"city":"Osl')
  expect(events).toContainEqual({ messageStop: { stopReason: 'max_tokens' } })
  const { inputTokens = 0, ...usage } = events.at(-1)?.metadata?.usage ?? {}
  expect(usage).toMatchObject({ outputTokens: 12, totalTokens: inputTokens + 12 })
})
