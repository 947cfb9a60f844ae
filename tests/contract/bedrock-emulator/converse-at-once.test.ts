import { ConverseCommand, type ConverseStreamCommandInput } from '@aws-sdk/client-bedrock-runtime'
import { describe, expect, it } from 'vitest'
import type { InjectedFault } from '../../../emulators/bedrock/src/control/controls.ts'
import {
  converse,
  converseAtOnce,
  describeCalls,
  failureOf,
  haiku,
  knownKeys,
  startBedrock,
  toolConfig,
  userSays,
} from './support.ts'

/** With 0.5 as the random number, each of the model's tokens has exactly four characters. */
const bedrock = await startBedrock({}, () => 0.5)

type Input = Partial<ConverseStreamCommandInput>
const withoutIds = (value: object) =>
  JSON.parse(JSON.stringify(value).replace(/tooluse_[\w-]+/g, 'tooluse_…'))

const weather = userSays('Compare the weather in Oslo and Rome')
const toolUse = { toolUseId: 'tooluse_1', name: 'get_weather', input: { city: 'Oslo' } }
const toolResult = { toolUseId: 'tooluse_1', content: [{ json: { city: 'Oslo', temperature_c: 2 } }] }
const conversation: Input['messages'] = [
  userSays('Weather in Oslo?'),
  { role: 'assistant', content: [{ toolUse }] },
  { role: 'user', content: [{ toolResult }] },
]

describe('Converse', () => {
  it.each<[string, Input]>([
    ['calls of tools', { messages: [weather], toolConfig }],
    ['the answer from a result of a tool', { messages: conversation, toolConfig }],
    ['a text that is cut off', { inferenceConfig: { maxTokens: 3 } }],
  ])('answers as ConverseStream does, in one document: %s', async (_what, input) => {
    const atOnce = await converseAtOnce(bedrock.client(), input)
    expect(withoutIds(atOnce)).toMatchObject(withoutIds(await converse(bedrock.client(), input)))
    expect(bedrock.app.controls.requests.all).toMatchObject([
      { operation: 'Converse', status: 200, stopReason: atOnce.stopReason, outcome: 'complete' },
      { operation: 'ConverseStream', stopReason: atOnce.stopReason },
    ])
  })

  it('answers after the pace of all tokens, with its latency; the input of a tool that is cut off is empty', async () => {
    bedrock.app.controls.settings.change({ firstTokenMs: 40, tokenDelayMs: 2 })
    const startedMs = performance.now()
    const command = { modelId: haiku, messages: [weather], toolConfig, inferenceConfig: { maxTokens: 13 } }
    expect(await bedrock.client().send(new ConverseCommand(command))).toMatchObject({
      output: {
        message: { role: 'assistant', content: [{}, { toolUse: { name: 'get_weather', input: {} } }] },
      },
      stopReason: 'max_tokens',
      usage: { outputTokens: 13 },
      metrics: { latencyMs: expect.any(Number) },
    })
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(39 + 2 * 13)
  })

  const inject = (fault: InjectedFault['fault']) => bedrock.app.controls.faults.inject({ fault })
  const wrongSecret = { credentials: { ...knownKeys, secretAccessKey: 'wrong' } }
  it.each<[string, () => unknown, Parameters<typeof bedrock.client>[0], Input]>([
    ['throttling', () => inject({ kind: 'error', name: 'ThrottlingException' }), {}, {}],
    ['a proxy’s page', () => inject({ kind: 'html', status: 503 }), {}, {}],
    ['no conversation', () => undefined, {}, { messages: [] }],
    ['an unknown model', () => undefined, {}, { modelId: 'us.anthropic.claude-nothing' }],
    ['a wrong secret', () => undefined, wrongSecret, {}],
  ])('is refused as ConverseStream is: %s', async (_what, prepare, options, input) => {
    const failure = async (call: typeof converse) => {
      const line = await describeCalls(bedrock, {
        call: () => {
          prepare()
          return call(bedrock.client(options), input)
        },
      })
      return line.replace(/\d{8}T\d{6}Z.*/, '').replaceAll('WithResponseStream', '')
    }
    const refusal = await failure(converseAtOnce)
    expect(refusal).toMatch(/^call: \d{3} \w+/)
    expect(refusal).toBe(await failure(converse))
  })

  it('can be allowed by a policy without ConverseStream', async () => {
    const Statement = [{ Effect: 'Allow', Action: 'bedrock:InvokeModel', Resource: '*' }] as const
    const policies = {
      'arn:aws:iam::111122223333:user/agent': { Version: '2012-10-17', Statement: [...Statement] } as const,
    }
    bedrock.app.controls.settings.change({ policies })
    expect(await converseAtOnce(bedrock.client())).toMatchObject({ stopReason: 'end_turn' })
    expect(await failureOf(converse(bedrock.client()))).toMatchObject({ name: 'AccessDeniedException' })
  })

  it('breaks off with a fault that breaks a stream', async () => {
    inject({ kind: 'corrupt' })
    await failureOf(converseAtOnce(bedrock.client()))
    expect(bedrock.app.controls.requests.all).toMatchObject([{ operation: 'Converse', outcome: 'broken' }])
  })
})
