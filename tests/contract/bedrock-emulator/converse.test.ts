import type { ConverseStreamOutput } from '@aws-sdk/client-bedrock-runtime'
import { expect, it } from 'vitest'
import { collectStream, haiku, startBedrock, toolConfig, userSays } from './support.ts'

/** With 0.5 as the random number, each of the model's tokens has exactly four characters. */
const bedrock = await startBedrock({}, () => 0.5)

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
