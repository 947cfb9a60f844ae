import { ConverseCommand, type ConverseStreamCommandInput } from '@aws-sdk/client-bedrock-runtime'
import { describe, expect, it } from 'vitest'
import type { InjectedFault } from '../../../emulators/bedrock/src/control/controls.ts'
import {
  converse,
  converseAtOnce,
  describeCalls,
  failureOf,
  haiku,
  haiku45,
  startBedrock,
  toolConfig,
  userSays,
} from './support.ts'

/** With 0.5 as the random number, each of the model's tokens has exactly four characters. */
const bedrock = await startBedrock({}, () => 0.5)

type Input = Partial<ConverseStreamCommandInput>
const ids = /tooluse_[\w-]+/g
const withoutIds = (value: object) => JSON.parse(JSON.stringify(value).replace(ids, 'tooluse_…'))

const weather = userSays('Compare the weather in Oslo and Rome')
const toolUse = { toolUseId: 'tooluse_1', name: 'get_weather', input: { city: 'Oslo' } }
const toolResult = { toolUseId: 'tooluse_1', content: [{ json: { city: 'Oslo', temperature_c: 2 } }] }
const withResult: Input = {
  messages: [
    userSays('Weather in Oslo?'),
    { role: 'assistant', content: [{ toolUse }] },
    { role: 'user', content: [{ toolResult }] },
  ],
  toolConfig,
}
const bytes = new Uint8Array([37, 80, 68, 70])
const document = { name: 'Report', format: 'pdf' as const, source: { bytes } }
const guardContent = { text: { text: 'Hello!' } }

describe('Converse answers as ConverseStream does, in one document', () => {
  it.each<[string, Input]>([
    ['a text', {}],
    ['calls of tools', { messages: [weather], toolConfig }],
    ['the answer from a result of a tool', withResult],
    ['a text that is cut off', { inferenceConfig: { maxTokens: 3 } }],
    ['a document', { messages: [{ role: 'user', content: [{ text: 'Hello!' }, { document }] }] }],
    ['text for a guardrail', { messages: [{ role: 'user', content: [{ guardContent }] }] }],
  ])('%s', async (_what, input) => {
    const atOnce = await converseAtOnce(bedrock.client(), input)
    expect(withoutIds(atOnce)).toMatchObject(withoutIds(await converse(bedrock.client(), input)))
    expect(bedrock.app.controls.requests.all).toMatchObject([
      { operation: 'Converse', status: 200, stopReason: atOnce.stopReason, outcome: 'complete' },
      { operation: 'ConverseStream', stopReason: atOnce.stopReason },
    ])
  })

  it('with its latency; the input of a tool that is cut off is empty', async () => {
    const command = { modelId: haiku, messages: [weather], toolConfig, inferenceConfig: { maxTokens: 13 } }
    const answer = await bedrock.client().send(new ConverseCommand(command))
    expect(answer).toMatchObject({
      output: {
        message: { role: 'assistant', content: [{}, { toolUse: { name: 'get_weather', input: {} } }] },
      },
      stopReason: 'max_tokens',
      usage: { outputTokens: 13 },
      metrics: { latencyMs: expect.any(Number) },
    })
  })

  it('after the pace of all tokens', async () => {
    bedrock.app.controls.settings.change({ firstTokenMs: 40, tokenDelayMs: 2 })
    const startedMs = performance.now()
    const { usage } = await converseAtOnce(bedrock.client())
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(39 + 2 * (usage?.outputTokens ?? 0))
  })
})

describe('Converse refuses what ConverseStream refuses', () => {
  const injected = (fault: InjectedFault['fault']) => () => bedrock.app.controls.faults.inject({ fault })
  const expired = {
    accessKeyId: 'ASIAEXPIRED00EXAMPLE',
    secretAccessKey: 'emulated-secret-access-key',
    sessionToken: 'emulated-expired-session-token',
  }
  it.each<
    [string, { input?: Input; options?: Parameters<typeof bedrock.client>[0]; prepare?: () => unknown }]
  >([
    ['throttling', { prepare: injected({ kind: 'error', name: 'ThrottlingException' }) }],
    ['a proxy’s page', { prepare: injected({ kind: 'html', status: 503 }) }],
    ['no conversation', { input: { messages: [] } }],
    ['a blank text', { input: { messages: [userSays(' ')] } }],
    ['a wrong temperature', { input: { inferenceConfig: { temperature: 2 } } }],
    ['an unknown model', { input: { modelId: 'us.anthropic.claude-nothing' } }],
    ['expired credentials', { options: { credentials: expired } }],
    ['a wrong secret', { options: { credentials: { ...expired, accessKeyId: 'AKIAIOSFODNN7EXAMPLE' } } }],
    [
      'a principal without a policy',
      {
        input: { modelId: haiku45 },
        options: { credentials: { ...expired, accessKeyId: 'AKIANOPOLICY0EXAMPLE', sessionToken: '' } },
      },
    ],
  ])('%s', async (_what, { input, options, prepare }) => {
    const failure = async (call: typeof converse) => {
      const line = await describeCalls(bedrock, {
        call: () => {
          prepare?.()
          return call(bedrock.client(options), input)
        },
      })
      return line.replace(/\d{8}T\d{6}Z.*/, '').replaceAll('WithResponseStream', '')
    }
    const refusal = await failure(converseAtOnce)
    expect(refusal).toMatch(/^call: \d{3} \w+/)
    expect(refusal).toBe(await failure(converse))
  })

  it('and a policy can allow the one without the other', async () => {
    const Statement = [{ Effect: 'Allow', Action: 'bedrock:InvokeModel', Resource: '*' }] as const
    const policies = {
      'arn:aws:iam::111122223333:user/agent': { Version: '2012-10-17', Statement: [...Statement] } as const,
    }
    bedrock.app.controls.settings.change({ policies })
    expect(await converseAtOnce(bedrock.client())).toMatchObject({ stopReason: 'end_turn' })
    expect(await failureOf(converse(bedrock.client()))).toMatchObject({ name: 'AccessDeniedException' })
  })

  it.each(['cut', 'end', 'garbage', 'corrupt'] as const)(
    'and a fault “%s” of the stream breaks the document off',
    async kind => {
      injected({ kind })()
      await failureOf(converseAtOnce(bedrock.client()))
      expect(bedrock.app.controls.requests.all).toMatchObject([{ operation: 'Converse', outcome: 'broken' }])
    },
  )
})
