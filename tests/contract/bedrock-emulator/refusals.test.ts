import type { ConverseStreamCommandInput, Message } from '@aws-sdk/client-bedrock-runtime'
import { expect, it } from 'vitest'
import { converse, describeCalls, haiku, haiku45, startBedrock, toolConfig, userSays } from './support.ts'

const bedrock = await startBedrock()
const europeanBedrock = await startBedrock({ AWS_REGION: 'eu-central-1' })

const model = 'anthropic.claude-haiku-4-5-20251001-v1:0'
const profileArn = `arn:aws:bedrock:us-east-1:111122223333:inference-profile/${haiku45}`

type Input = Partial<ConverseStreamCommandInput>
type Settings = Parameters<typeof bedrock.app.controls.settings.change>[0]

const call =
  (input: Input, client = bedrock.client) =>
  () =>
    converse(client(), input)
const callWith = (settings: Settings, input: Input) => () => {
  bedrock.app.controls.settings.change(settings)
  return converse(bedrock.client(), input)
}
const callAs = (accessKeyId: string) =>
  call({ modelId: haiku45 }, () =>
    bedrock.client({ credentials: { accessKeyId, secretAccessKey: 'emulated-secret-access-key' } }),
  )
const inEurope = () => europeanBedrock.client({ region: 'eu-central-1' })

it('a model answers to its profiles’ ids and ARNs, if it is active, granted and offered in the region', async () => {
  const access = (value: 'not-granted' | 'no-use-case-form' | 'no-subscription') =>
    callWith({ models: { [model]: { access: value } } }, { modelId: haiku45 })
  const responses = await describeCalls(bedrock, {
    'a profile of the region’s geography': call({ modelId: haiku45 }),
    'a global profile': call({ modelId: `global.${model}` }),
    'a profile by its ARN': call({ modelId: profileArn }),
    'a model that does not exist': call({ modelId: 'us.anthropic.claude-nothing' }),
    'a profile of another geography': call({ modelId: `eu.${model}` }),
    'that profile in its own geography': call({ modelId: `eu.${model}` }, inEurope),
    'the profile of the first geography in the other': call({ modelId: haiku45 }, inEurope),
    'a profile that the model does not have': call({ modelId: 'apac.anthropic.claude-haiku-5-5' }),
    'the bare id of a model': call({ modelId: model }),
    'a retired model': call({ modelId: 'us.anthropic.claude-3-5-haiku-20241022-v1:0' }),
    'a legacy model': call({ modelId: 'us.anthropic.claude-3-haiku-20240307-v1:0' }),
    'a model that is not granted': access('not-granted'),
    'a model without the form about its use': access('no-use-case-form'),
    'a model without a subscription': access('no-subscription'),
  })
  await expect(responses).toMatchFileSnapshot('models.txt')
})

it('IAM decides by the policy of the principal, about the profile and about each of its models', async () => {
  const allow = { Effect: 'Allow', Action: 'bedrock:*', Resource: '*' } as const
  const invoke = { Effect: 'Allow', Action: 'bedrock:InvokeModel*' } as const
  const Condition = { StringEquals: { 'bedrock:InferenceProfileArn': profileArn } }
  const onlyByProfile = [
    { ...invoke, Resource: profileArn },
    { ...invoke, Resource: `arn:aws:bedrock:*::foundation-model/${model}`, Condition },
  ] as const
  const callUnder = (Statement: readonly object[], modelId = haiku45) =>
    callWith(
      {
        policies: { 'arn:aws:iam::111122223333:user/agent': { Version: '2012-10-17', Statement } },
      } as Settings,
      { modelId },
    )
  const responses = await describeCalls(bedrock, {
    'a principal without a policy': callAs('AKIANOPOLICY0EXAMPLE'),
    'a principal that may use the profile, but not its models': callAs('AKIAPROFILES0EXAMPLE'),
    'a policy for calls without streaming only': callUnder([{ ...allow, Action: 'bedrock:InvokeModel' }]),
    'a policy for one profile, and for its model only through that profile': callUnder(onlyByProfile),
    'the model without the profile under that policy': callUnder(onlyByProfile, model),
    'another profile under that policy': callUnder(onlyByProfile, haiku),
    'a policy that denies one of the profile’s regions': callUnder([
      allow,
      { Effect: 'Deny', Action: '*', Resource: 'arn:aws:bedrock:us-west-2::*' },
    ]),
  })
  await expect(responses).toMatchFileSnapshot('policies.txt')
})

const assistant = (...content: Message['content'] & object): Message => ({ role: 'assistant', content })
const user = (...content: Message['content'] & object): Message => ({ role: 'user', content })
const toolCall = assistant({
  toolUse: { toolUseId: 'tooluse_1', name: 'get_weather', input: { city: 'Oslo' } },
})
const toolResult = (toolUseId: string) => ({ toolResult: { toolUseId, content: [{ text: 'Sunny.' }] } })
const prefill = [userSays('Hi'), assistant({ text: 'Well,' })]

it('conversations and parameters that Bedrock does not accept are refused in its words', async () => {
  const talk = (...messages: Message[]) => call({ messages, toolConfig })
  const small = { 'anthropic.claude-haiku-5-5': { contextTokens: 100 } }
  const document = { name: 'Report', format: 'pdf' as const, source: { bytes: new Uint8Array([37, 80]) } }
  const thinking = (value: object) => call({ additionalModelRequestFields: { thinking: value as never } })
  const responses = await describeCalls(bedrock, {
    'a document': talk(user({ text: 'Hello!' }, { document })),
    'text for a guardrail': talk(user({ guardContent: { text: { text: 'Hello!' } } })),
    'an empty conversation': talk(),
    'a conversation that the assistant begins': talk(assistant({ text: 'Hi' })),
    'an empty message': talk(userSays('Hi'), assistant(), userSays('Hi')),
    'a blank text': talk(user({ text: 'Hi' }, { text: ' \n' })),
    'a role that speaks twice': talk(userSays('Hi'), userSays('there')),
    'a tool call without its result': talk(userSays('Weather?'), toolCall, userSays('Well?')),
    'the result of another call': talk(userSays('Weather?'), toolCall, user(toolResult('tooluse_2'))),
    'more results than calls': talk(
      userSays('Weather?'),
      toolCall,
      user(toolResult('tooluse_1'), toolResult('tooluse_2')),
    ),
    'tools that were used but not declared': call({
      messages: [userSays('Weather?'), toolCall, user(toolResult('tooluse_1'))],
    }),
    'the beginning of an answer': talk(...prefill),
    'the beginning of an answer for Haiku 4.5': call({ modelId: haiku45, messages: prefill }),
    'temperature for a 5.5 model': call({ inferenceConfig: { temperature: 0.5 } }),
    'temperature for Haiku 4.5': call({ modelId: haiku45, inferenceConfig: { temperature: 0 } }),
    'temperature above 1': call({ modelId: haiku45, inferenceConfig: { temperature: 1.5 } }),
    'maxTokens of 0': call({ inferenceConfig: { maxTokens: 0 } }),
    'maxTokens above the model’s limit': call({ inferenceConfig: { maxTokens: 200_000 } }),
    'an unknown field of the model': call({ additionalModelRequestFields: { colour: 'red' } }),
    'a thinking budget for a 5.5 model': thinking({ type: 'enabled', budget_tokens: 1024 }),
    'thinking switched off': thinking({ type: 'disabled' }),
    'thinking switched off for a model that always thinks': call({
      modelId: 'us.anthropic.claude-opus-5-5',
      additionalModelRequestFields: { thinking: { type: 'disabled' } },
    }),
    'input within the context window': callWith({ models: small }, {}),
    'input that exceeds the context window': callWith(
      { models: small },
      { messages: [userSays('Hello! '.repeat(100))] },
    ),
  })
  await expect(responses).toMatchFileSnapshot('refusals.txt')
})

it('an operation that does not exist is refused', async () => {
  const response = await fetch(`${bedrock.url}/model/${haiku}/invent`, { method: 'POST', body: '{}' })
  expect(response.status).toBe(404)
  expect(response.headers.get('x-amzn-errortype')).toMatch(/^UnknownOperationException:/)
})
