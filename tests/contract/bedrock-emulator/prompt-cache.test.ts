import type { ConverseStreamCommandInput, Message, SystemContentBlock } from '@aws-sdk/client-bedrock-runtime'
import { describe, expect, it } from 'vitest'
import { converse, failureOf, haiku45, useBedrock, userSays } from './support.ts'

const bedrock = useBedrock()
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
const setClock = (seconds: number) => bedrock.app.controls.settings.change({ clockOffsetSeconds: seconds })

describe('a prompt with a cache point', () => {
  it('is written to the cache once, up to the cache point, and read from the cache afterwards', async () => {
    expect(await ask({ system: prompt(cachePoint) })).toEqual([under100, 0, over2000])
    expect(await ask({ system: prompt(cachePoint) })).toEqual([under100, over2000, 0])
    expect(await ask({ system: prompt(cachePoint), messages: [userSays('Bye!')] })).toEqual([
      under100,
      over2000,
      0,
    ])
  })

  it('is counted in the total of tokens', async () => {
    await ask({ system: prompt(cachePoint) })
    const { usage } = await converse(bedrock.client(), { modelId: sonnet, system: prompt(cachePoint) })
    expect(usage).toMatchObject({ cacheReadInputTokens: over2000, cacheWriteInputTokens: 0 })
    const { inputTokens = 0, cacheReadInputTokens = 0, outputTokens = 0 } = usage ?? {}
    expect(usage?.totalTokens).toBe(inputTokens + cacheReadInputTokens + outputTokens)
  })

  it('is cached anew after any change before the cache point, and for another model', async () => {
    await ask({ system: prompt(cachePoint) })
    expect(await ask({ system: [{ text: `Hi. ${longText}` }, cachePoint] })).toEqual([under100, 0, over2000])
    const other = 'us.anthropic.claude-opus-5-5'
    expect(await ask({ modelId: other, system: prompt(cachePoint) })).toEqual([under100, 0, over2000])
  })

  it('is not cached if it is shorter than the model’s minimum, and causes no error', async () => {
    const input = { modelId: haiku45, system: prompt(cachePoint) }
    expect(await ask(input)).toEqual([over2000, 0, 0])
    expect(await ask(input)).toEqual([over2000, 0, 0])
  })

  it('is cached for five minutes or an hour after its last use', async () => {
    await ask({ system: prompt(cachePoint) })
    setClock(290)
    expect(await ask({ system: prompt(cachePoint) })).toEqual([under100, over2000, 0])
    setClock(580)
    expect(await ask({ system: prompt(cachePoint) })).toEqual([under100, over2000, 0])
    setClock(881)
    expect(await ask({ system: prompt(cachePoint) })).toEqual([under100, 0, over2000])
    setClock(0)
    const forAnHour = { system: [{ text: `For an hour. ${longText}` }, hourCachePoint] }
    await ask(forAnHour)
    setClock(3_590)
    expect(await ask(forAnHour)).toEqual([under100, over2000, 0])
  })

  it('is read from the cache by a request whose next cache point is up to 20 blocks later', async () => {
    const conversation = (blocks: number): Message[] => [
      { role: 'user', content: [...Array.from({ length: blocks }, () => ({ text: 'And?' })), cachePoint] },
    ]
    await ask({ system: prompt(cachePoint) })
    const read = async (blocks: number) =>
      (await ask({ system: prompt(), messages: conversation(blocks) }))[1]
    expect(await read(21)).toBe(0)
    expect(await read(20)).toEqual(over2000)
  })

  it('is not cached if its request was refused, for example by throttling', async () => {
    bedrock.app.controls.faults.inject({ fault: { kind: 'error', name: 'ThrottlingException' }, times: 1 })
    await failureOf(ask({ system: prompt(cachePoint) }))
    expect(await ask({ system: prompt(cachePoint) })).toEqual([under100, 0, over2000])
  })
})

describe('cache points are refused', () => {
  it.each([
    ['beyond four', [cachePoint, cachePoint, cachePoint, cachePoint, cachePoint], /A maximum of 4 blocks/],
    [
      'if one of an hour follows one of five minutes',
      [cachePoint, { text: 'Be kind.' }, hourCachePoint],
      /ttl='1h' .* must not come/,
    ],
  ])('with a ValidationException: %s', async (_what, points, message) => {
    const refusal = await failureOf(ask({ system: prompt(...points) }))
    expect(refusal).toMatchObject({ name: 'ValidationException', message: expect.stringMatching(message) })
  })

  it('by a model without a prompt cache', async () => {
    const id = 'anthropic.claude-3-haiku-20240307-v1:0'
    bedrock.app.controls.settings.change({ models: { [id]: { lifecycle: 'ACTIVE' } } })
    const refusal = await failureOf(ask({ modelId: `us.${id}`, system: prompt(cachePoint) }))
    expect(refusal).toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining('did not allow prompt caching'),
    })
  })
})
