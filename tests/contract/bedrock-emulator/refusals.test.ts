import type { ConverseStreamCommandInput, Message } from '@aws-sdk/client-bedrock-runtime'
import { describe, expect, it } from 'vitest'
import { converse, failureOf, haiku, haiku45, toolConfig, useBedrock, userSays } from './support.ts'

const bedrock = useBedrock()
const europeanBedrock = useBedrock(() => ({ AWS_REGION: 'eu-central-1' }))

const model = 'anthropic.claude-haiku-4-5-20251001-v1:0'
const profileArn = `arn:aws:bedrock:us-east-1:111122223333:inference-profile/${haiku45}`
const demoSecret = 'emulated-secret-access-key'

async function refusalOf(input: Partial<ConverseStreamCommandInput>, client = bedrock.client()) {
  const { name, message, $metadata } = await failureOf(converse(client, input))
  return { name, message, status: Reflect.get($metadata ?? {}, 'httpStatusCode') }
}

describe('a model', () => {
  it.each(
    // biome-ignore format: table
    [
      ['that does not exist', 'us.anthropic.claude-nothing', 400, 'ValidationException', 'The provided model identifier is invalid.'],
      ['called through a profile of another geography', `eu.${model}`, 400, 'ValidationException', 'The provided model identifier is invalid.'],
      ['called through a profile that it does not have', 'apac.anthropic.claude-haiku-5-5', 400, 'ValidationException', 'The provided model identifier is invalid.'],
      ['called by its bare id', model, 400, 'ValidationException', /^Invocation of model ID anthropic.*with on-demand throughput isn’t supported/],
      ['that is retired', 'us.anthropic.claude-3-5-haiku-20241022-v1:0', 404, 'ResourceNotFoundException', /reached the end of its life/],
      ['that is a legacy one', 'us.anthropic.claude-3-haiku-20240307-v1:0', 404, 'ResourceNotFoundException', /marked by provider as Legacy/],
    ],
  )('%s is refused', async (_what, modelId, status, name, message) => {
    expect(await refusalOf({ modelId })).toEqual({ status, name, message: expect.stringMatching(message) })
  })

  it.each([
    ['not-granted', 403, 'AccessDeniedException', /don't have access to the model/],
    ['no-use-case-form', 404, 'ResourceNotFoundException', /use case details have not been submitted/],
    ['no-subscription', 403, 'AccessDeniedException', /AWS Marketplace actions/],
  ] as const)('whose access is “%s” is refused', async (access, status, name, message) => {
    bedrock.app.controls.settings.change({ models: { [model]: { access } } })
    expect(await refusalOf({ modelId: haiku45 })).toEqual({
      status,
      name,
      message: expect.stringMatching(message),
    })
  })

  it.each([haiku45, `global.${model}`, profileArn])('answers to the id or ARN %s', async modelId => {
    expect(await converse(bedrock.client(), { modelId })).toMatchObject({ stopReason: 'end_turn' })
  })

  it('is reached through the profile of its region', async () => {
    const client = europeanBedrock.client({ region: 'eu-central-1' })
    expect(await converse(client, { modelId: `eu.${model}` })).toMatchObject({ stopReason: 'end_turn' })
    expect(await refusalOf({ modelId: haiku45 }, client)).toMatchObject({ name: 'ValidationException' })
  })
})

describe('IAM', () => {
  const agent = 'arn:aws:iam::111122223333:user/agent'
  const action = 'bedrock:InvokeModelWithResponseStream'
  const setPolicy = (...Statement: readonly object[]) =>
    bedrock.app.controls.settings.change({ policies: { [agent]: { Version: '2012-10-17', Statement } } })
  const denied = (action: string, resource: string, principal = agent) => ({
    status: 403,
    name: 'AccessDeniedException',
    message: `User: ${principal} is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`,
  })

  it('requires a policy that allows the inference profile', async () => {
    const client = bedrock.client({
      credentials: { accessKeyId: 'AKIANOPOLICY0EXAMPLE', secretAccessKey: demoSecret },
    })
    expect(await refusalOf({ modelId: haiku45 }, client)).toEqual(
      denied(action, profileArn, 'arn:aws:iam::111122223333:user/without-policy'),
    )
  })

  it('requires a policy that allows the models of the profile too', async () => {
    const client = bedrock.client({
      credentials: { accessKeyId: 'AKIAPROFILES0EXAMPLE', secretAccessKey: demoSecret },
    })
    expect(await refusalOf({ modelId: haiku45 }, client)).toEqual(
      denied(
        action,
        `arn:aws:bedrock:us-east-1::foundation-model/${model}`,
        'arn:aws:iam::111122223333:user/profiles-only',
      ),
    )
  })

  it('refuses a streaming call if the policy allows only calls without streaming', async () => {
    setPolicy({ Effect: 'Allow', Action: 'bedrock:InvokeModel', Resource: '*' })
    expect(await refusalOf({ modelId: haiku45 })).toEqual(denied(action, profileArn))
  })

  it('accepts a policy that allows calls to one profile, and to its model only through that profile', async () => {
    const invoke = { Effect: 'Allow', Action: 'bedrock:InvokeModel*' }
    const Condition = { StringEquals: { 'bedrock:InferenceProfileArn': profileArn } }
    setPolicy(
      { ...invoke, Resource: profileArn },
      { ...invoke, Resource: `arn:aws:bedrock:*::foundation-model/${model}`, Condition },
    )
    await converse(bedrock.client(), { modelId: haiku45 })
    expect(await refusalOf({ modelId: model })).toMatchObject({ name: 'AccessDeniedException' })
    expect(await refusalOf({ modelId: haiku })).toMatchObject({ name: 'AccessDeniedException' })
  })

  it('applies an explicit deny, such as one for another region of the profile', async () => {
    setPolicy(
      { Effect: 'Allow', Action: 'bedrock:*', Resource: '*' },
      { Effect: 'Deny', Action: '*', Resource: 'arn:aws:bedrock:us-west-2::*' },
    )
    expect(await refusalOf({ modelId: haiku45 })).toMatchObject({
      message: expect.stringMatching(
        /us-west-2::foundation-model.* with an explicit deny in an identity-based policy$/,
      ),
    })
  })
})

const toolCall: Message = {
  role: 'assistant',
  content: [{ toolUse: { toolUseId: 'tooluse_1', name: 'get_weather', input: { city: 'Oslo' } } }],
}
const toolResult = (toolUseId: string) => ({ toolResult: { toolUseId, content: [{ text: 'Sunny.' }] } })

describe('a conversation', () => {
  it.each<[string, Message[], string | RegExp]>(
    // biome-ignore format: table
    [
      ['that is empty', [], /^A conversation must start with a user message/],
      ['that the assistant begins', [{ role: 'assistant', content: [{ text: 'Hi' }] }], /must start with a user message/],
      [
        'with an empty message',
        [userSays('Hi'), { role: 'assistant', content: [] }, userSays('Hi')],
        'The content field in the Message object at messages.1 is empty. Add a ContentBlock object to the content field and try again.',
      ],
      [
        'with a blank text',
        [{ role: 'user', content: [{ text: 'Hi' }, { text: ' \n' }] }],
        'The text field in the ContentBlock object at messages.0.content.1 is blank. Add text to the text field, and try again.',
      ],
      ['in which a role speaks twice', [userSays('Hi'), userSays('there')], /must alternate between user and assistant roles/],
      ['that leaves a tool call without its result', [userSays('Weather?'), toolCall, userSays('Well?')], 'Expected toolResult blocks at messages.2.content for the following Ids: tooluse_1'],
      [
        'with the result of another call',
        [userSays('Weather?'), toolCall, { role: 'user', content: [toolResult('tooluse_2')] }],
        'Expected toolResult blocks at messages.2.content for the following Ids: tooluse_1',
      ],
      [
        'with more results than calls',
        [userSays('Weather?'), toolCall, { role: 'user', content: [toolResult('tooluse_1'), toolResult('tooluse_2')] }],
        'The number of toolResult blocks at messages.2.content exceeds the number of toolUse blocks of previous turn.',
      ],
      ['that ends with the beginning of an answer', [userSays('Hi'), { role: 'assistant', content: [{ text: 'Well,' }] }], /does not support assistant message prefill/],
    ],
  )('%s is refused', async (_what, messages, message) => {
    expect(await refusalOf({ messages, toolConfig })).toEqual({
      status: 400,
      name: 'ValidationException',
      message: expect.stringMatching(message),
    })
  })

  it('that uses tools without declaring any tools is refused', async () => {
    const messages = [
      userSays('Weather?'),
      toolCall,
      { role: 'user' as const, content: [toolResult('tooluse_1')] },
    ]
    expect(await refusalOf({ messages })).toMatchObject({
      message: 'The toolConfig field must be defined when using toolUse and toolResult content blocks.',
    })
  })
})

describe('the check of parameters', () => {
  it.each<[string, Partial<ConverseStreamCommandInput>, string | RegExp]>(
    // biome-ignore format: table
    [
      ['temperature for a 5.5 model', { inferenceConfig: { temperature: 0.5 } }, '`temperature` is deprecated for this model.'],
      ['temperature above 1', { modelId: haiku45, inferenceConfig: { temperature: 1.5 } }, /'inferenceConfig.temperature' failed to satisfy constraint/],
      ['maxTokens of 0', { inferenceConfig: { maxTokens: 0 } }, /'inferenceConfig.maxTokens' failed to satisfy constraint/],
      ['maxTokens above the model’s limit', { inferenceConfig: { maxTokens: 200_000 } }, /exceeds the model limit of 128000/],
      ['an unknown field of the model', { additionalModelRequestFields: { colour: 'red' } }, /colour: Extra inputs are not permitted/],
      ['a thinking budget for a 5.5 model', { additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 1024 } } }, /"thinking.type.enabled" is not supported/],
    ],
  )('refuses %s', async (_what, input, message) => {
    expect(await refusalOf(input)).toEqual({
      status: 400,
      name: 'ValidationException',
      message: expect.stringMatching(message),
    })
  })

  it.each<[string, Partial<ConverseStreamCommandInput>]>([
    ['temperature for Haiku 4.5', { modelId: haiku45, inferenceConfig: { temperature: 0 } }],
    ['thinking switched off', { additionalModelRequestFields: { thinking: { type: 'disabled' } } }],
    [
      'the beginning of an answer for Haiku 4.5',
      { modelId: haiku45, messages: [userSays('Hi'), { role: 'assistant', content: [{ text: 'Well,' }] }] },
    ],
  ])('accepts %s', async (_what, input) => {
    expect(await converse(bedrock.client(), input)).toMatchObject({ stopReason: 'end_turn' })
  })
})

it('input that exceeds the context window is refused', async () => {
  bedrock.app.controls.settings.change({ models: { 'anthropic.claude-haiku-5-5': { contextTokens: 100 } } })
  await converse(bedrock.client())
  expect(await refusalOf({ messages: [userSays('Hello! '.repeat(100))] })).toEqual({
    status: 400,
    name: 'ValidationException',
    message: 'Input is too long for requested model.',
  })
})

it('an operation that does not exist is refused', async () => {
  const response = await fetch(`${bedrock.url}/model/${haiku}/invent`, { method: 'POST', body: '{}' })
  expect(response.status).toBe(404)
  expect(response.headers.get('x-amzn-errortype')).toMatch(/^UnknownOperationException:/)
})
