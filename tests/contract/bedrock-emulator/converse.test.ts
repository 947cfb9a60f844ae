import type { ConverseStreamOutput } from '@aws-sdk/client-bedrock-runtime'
import { expect, it } from 'vitest'
import { collectStream, converse, haiku, startBedrock, textOf, toolConfig, userSays } from './support.ts'

/** With 0.5 as the random number, each of the model's tokens has exactly four characters. */
const bedrock = await startBedrock({}, () => 0.5)

it('a question leads to one call of a tool for each city, and the answer has the results of all calls', async () => {
  const question = userSays('Compare the weather in Oslo and Rome')
  const asked = await converse(bedrock.client(), { messages: [question], toolConfig })
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
  const weather = { country: 'Somewhere', temperature_c: -1.5, condition: 'light snow', source: 'open-meteo' }
  const results = asked.content.flatMap(({ toolUse }) => {
    const { toolUseId, input } = toolUse ?? {}
    const content = [{ text: JSON.stringify({ ...weather, ...(input as object) }) }]
    return toolUse ? [{ toolResult: { toolUseId, content } }] : []
  })
  const messages = [
    question,
    { ...asked, role: 'assistant' as const },
    { role: 'user' as const, content: results },
  ]
  expect(await converse(bedrock.client(), { messages, toolConfig })).toMatchObject({
    stopReason: 'end_turn',
    content: [
      {
        text: 'Oslo, Somewhere: -1.5 °C, light snow (open-meteo).\nRome, Somewhere: -1.5 °C, light snow (open-meteo).',
      },
    ],
  })
})

it('the events are streamed in the order in which Claude sends them on Bedrock', async () => {
  const events = await collectStream(bedrock.client(), {
    messages: [userSays('What will the weather be like in Munich tomorrow?')],
    toolConfig,
  })
  const kinds = events.map(eventKind)
  expect(kinds.filter((kind, index) => kind !== kinds[index - 1])).toEqual([
    ...['messageStart', 'text 0', 'stop 0', 'start 1', 'input 1', 'stop 1'],
    ...['messageStop', 'metadata'],
  ])
  expect(textOf(events)).toBe('I’ll look up the forecast for Munich.')
  const inputs = events.flatMap(({ contentBlockDelta }) => contentBlockDelta?.delta?.toolUse?.input ?? [])
  expect(inputs).toEqual(['', '{"ci', 'ty":', '"Mun', 'ich"', ',"da', 'ys":', '2}'])
  const [request] = bedrock.app.controls.requests.all
  expect(request).toMatchObject({
    operation: 'ConverseStream',
    modelId: haiku,
    principal: 'arn:aws:iam::111122223333:user/agent',
    status: 200,
    stopReason: 'tool_use',
    outcome: 'complete',
    eventsSent: events.length,
  })
})

function eventKind(event: ConverseStreamOutput): string {
  const { contentBlockDelta, contentBlockStart, contentBlockStop, ...rest } = event
  const [kind] = Object.keys(contentBlockDelta?.delta ?? {})
  if (contentBlockDelta) return `${kind === 'text' ? 'text' : 'input'} ${contentBlockDelta.contentBlockIndex}`
  if (contentBlockStart) return `start ${contentBlockStart.contentBlockIndex}`
  if (contentBlockStop) return `stop ${contentBlockStop.contentBlockIndex}`
  return Object.keys(rest)[0] ?? ''
}

it('an answer ends after `maxTokens` tokens, even inside the input of a tool, and the usage counts them', async () => {
  const events = await collectStream(bedrock.client(), {
    messages: [userSays('Weather in Oslo')],
    toolConfig,
    inferenceConfig: { maxTokens: 12 },
  })
  const input = events.map(({ contentBlockDelta }) => contentBlockDelta?.delta?.toolUse?.input ?? '')
  expect(input.join('')).toBe('{"city":"Osl')
  const stop = { messageStop: { stopReason: 'max_tokens' } }
  expect(events.find(({ messageStop }) => messageStop)).toEqual(stop)
  const { inputTokens = 0, ...usage } = events.at(-1)?.metadata?.usage ?? {}
  expect(usage).toMatchObject({ outputTokens: 12, totalTokens: inputTokens + 12 })
})
