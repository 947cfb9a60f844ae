import type { ConverseStreamCommandInput, Message, SystemContentBlock } from '@aws-sdk/client-bedrock-runtime'
import { expect, it } from 'vitest'
import { converse, describeCalls, failureOf, haiku45, startBedrock, userSays } from './support.ts'

const bedrock = await startBedrock()
const sonnet = 'us.anthropic.claude-sonnet-5'
const cachePoint = { cachePoint: { type: 'default' as const } }
const hourCachePoint = { cachePoint: { type: 'default' as const, ttl: '1h' as const } }

/** Some 2,000 tokens: more than the minimum of Sonnet, less than that of Haiku. */
const longText = 'It rains. '.repeat(800)
const prompt = (...blocks: SystemContentBlock[]) => [{ text: longText }, ...blocks]
const ask = async (input: Partial<ConverseStreamCommandInput>) => {
  const client = bedrock.client({ systemClockOffset: bedrock.app.controls.clock.nowMs() - Date.now() })
  const { usage } = await converse(client, { modelId: sonnet, ...input })
  return [usage?.inputTokens, usage?.cacheReadInputTokens, usage?.cacheWriteInputTokens]
}
const under100 = expect.toSatisfy((tokens: number) => tokens > 0 && tokens < 100)
const over2000 = expect.toSatisfy((tokens: number) => tokens > 2_000)

const written = [under100, 0, over2000]
const read = [under100, over2000, 0]

it('a prompt is written to the cache once, up to the cache point, and read from the cache afterwards', async () => {
  expect(await ask({ system: prompt(cachePoint) })).toEqual(written)
  expect(await ask({ system: prompt(cachePoint) })).toEqual(read)
  expect(await ask({ system: prompt(cachePoint), messages: [userSays('Bye!')] })).toEqual(read)
  const { usage } = await converse(bedrock.client(), { modelId: sonnet, system: prompt(cachePoint) })
  const { inputTokens = 0, cacheReadInputTokens = 0, outputTokens = 0 } = usage ?? {}
  expect(usage?.totalTokens).toBe(inputTokens + cacheReadInputTokens + outputTokens)
})

it('a prompt is cached anew after any change before the cache point, for another model, and if its request was refused', async () => {
  bedrock.app.controls.faults.inject({ fault: { kind: 'error', name: 'ThrottlingException' }, times: 1 })
  await failureOf(ask({ system: prompt(cachePoint) }))
  expect(await ask({ system: prompt(cachePoint) })).toEqual(written)
  expect(await ask({ system: [{ text: `Hi. ${longText}` }, cachePoint] })).toEqual(written)
  const other = 'us.anthropic.claude-opus-5-5'
  expect(await ask({ modelId: other, system: prompt(cachePoint) })).toEqual(written)
})

it('a prompt that is shorter than the model’s minimum is not cached, and causes no error', async () => {
  const input = { modelId: haiku45, system: prompt(cachePoint) }
  expect(await ask(input)).toEqual([over2000, 0, 0])
  expect(await ask(input)).toEqual([over2000, 0, 0])
})

it('a prompt is cached for five minutes or an hour after its last use', async () => {
  const askAt = (seconds: number, point = cachePoint, start = '') => {
    bedrock.app.controls.settings.change({ clockOffsetSeconds: seconds })
    return ask({ system: [{ text: start + longText }, point] })
  }
  expect(await askAt(0)).toEqual(written)
  expect(await askAt(290)).toEqual(read)
  expect(await askAt(580)).toEqual(read)
  expect(await askAt(881)).toEqual(written)
  expect(await askAt(0, hourCachePoint, 'For an hour. ')).toEqual(written)
  expect(await askAt(3_590, hourCachePoint, 'For an hour. ')).toEqual(read)
})

it('a prompt is read from the cache by a request whose next cache point is up to 20 blocks later', async () => {
  const conversation = (blocks: number): Message[] => [
    { role: 'user', content: [...Array.from({ length: blocks }, () => ({ text: 'And?' })), cachePoint] },
  ]
  await ask({ system: prompt(cachePoint) })
  const readTokens = async (blocks: number) =>
    (await ask({ system: prompt(), messages: conversation(blocks) }))[1]
  expect(await readTokens(21)).toBe(0)
  expect(await readTokens(20)).toEqual(over2000)
})

it('cache points beyond four, in the wrong order, or for a model without a prompt cache are refused', async () => {
  const id = 'anthropic.claude-3-haiku-20240307-v1:0'
  const call = (system: SystemContentBlock[], modelId = sonnet) =>
    converse(bedrock.client(), { modelId, system: prompt(...system) })
  const responses = await describeCalls(bedrock, {
    'four cache points': () => call(Array(4).fill(cachePoint)),
    'five cache points': () => call(Array(5).fill(cachePoint)),
    'one of five minutes after one of an hour': () =>
      call([hourCachePoint, { text: 'Be kind.' }, cachePoint]),
    'one of an hour after one of five minutes': () =>
      call([cachePoint, { text: 'Be kind.' }, hourCachePoint]),
    'a model without a prompt cache': () => {
      bedrock.app.controls.settings.change({ models: { [id]: { lifecycle: 'ACTIVE' } } })
      return call([cachePoint], `us.${id}`)
    },
  })
  await expect(responses).toMatchFileSnapshot('cache-points.txt')
})
