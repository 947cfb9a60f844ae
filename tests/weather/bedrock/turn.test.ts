import { identityProblem } from '@entra-agents/identity'
import { afterEach, describe, expect, it } from 'vitest'
import { weatherProblem } from '../../../services/agent/src/tools/weather/problems.ts'
import { ScriptedBedrock, stopEvents, textBlock, toolBlock } from '../../contract/bedrock/scripted-bedrock.ts'
import { forFile } from '../../support/for-file.ts'
import { connectMode, credentials, runTurn, sunnyClient } from './run-turn.ts'

const server = await forFile(new ScriptedBedrock().start())
const openConnections: { close(): void }[] = []
afterEach(() => {
  for (const bedrock of openConnections.splice(0)) bedrock.close()
  server.requests.length = 0
})

function connectTo(environment: Record<string, string> = {}, weather = sunnyClient(), inputTokens?: number) {
  const variables = { ...credentials, AWS_ENDPOINT_URL: server.url, ...environment }
  const connected = connectMode(variables, weather, inputTokens)
  openConnections.push(connected.bedrock)
  return connected
}

const toolCallsFor = (...cities: string[]) => [
  ...textBlock('Let me look.'),
  ...cities.flatMap((city, index) =>
    toolBlock(index + 1, `tooluse_${index}`, 'get_weather', '{"ci', `ty":"${city}"}`),
  ),
  ...stopEvents('tool_use'),
]
const finalAnswer = [...textBlock('Oslo is cold', ' and sunny.'), ...stopEvents('end_turn')]

describe('a Bedrock turn', () => {
  it('calls in parallel the tools that the model wants, and streams the answer', async () => {
    server.play(toolCallsFor('Oslo', 'Rome'), finalAnswer)
    const { mode } = connectTo()
    const turn = await runTurn(mode)
    expect(turn.answer).toBe('Let me look.\n\nOslo is cold and sunny.')
    expect(turn.deltas).toContain(' and sunny.')
    expect(turn.outcome).toEqual({
      finishReason: 'stop',
      usage: { inputTokens: 20, outputTokens: 10, cacheReadInputTokens: 0, cacheWriteInputTokens: 0 },
      tools: [
        { name: 'get_weather', arguments: { city: 'Oslo' }, status: 'ok' },
        { name: 'get_weather', arguments: { city: 'Rome' }, status: 'ok' },
      ],
    })
    expect(turn.steps.map(({ kind, from, to, status }) => `${kind} ${from} ${to} ${status}`)).toEqual([
      'model agent bedrock ok',
      'tool bedrock agent ok',
      'tool bedrock agent ok',
      'model agent bedrock ok',
    ])
    expect(turn.steps.flatMap(({ tool }) => tool ?? [])).toEqual([
      { name: 'get_weather', arguments: { city: 'Oslo' } },
      { name: 'get_weather', arguments: { city: 'Rome' } },
    ])
    const [, second] = server.requests
    expect(second?.body.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user'])
    expect(second?.body.messages.at(-1)?.content.slice(0, -1)).toEqual([
      {
        toolResult: { toolUseId: 'tooluse_0', content: [{ text: expect.stringContaining('"city":"Oslo"') }] },
      },
      {
        toolResult: { toolUseId: 'tooluse_1', content: [{ text: expect.stringContaining('"city":"Rome"') }] },
      },
    ])
  })

  it('sends model, token limit, prompt and tools, and no sampling parameters', async () => {
    server.play(finalAnswer)
    await runTurn(connectTo().mode)
    const [request] = server.requests
    expect(request?.path).toBe('/model/eu.anthropic.claude-haiku-5-5/converse-stream')
    expect(request?.body.inferenceConfig).toEqual({ maxTokens: 4096 })
    expect(request?.body.additionalModelRequestFields).toBeUndefined()
    expect(request?.body.system?.[0]?.text).toContain('get_weather (now)')
    expect(JSON.stringify(request?.body.toolConfig)).toMatch(/get_weather.*get_forecast/)
  })

  it('sends temperature and further fields if they are configured', async () => {
    server.play(finalAnswer)
    await runTurn(
      connectTo({
        BEDROCK_MODEL_ID: 'eu.anthropic.claude-haiku-4-5-20251001-v1:0',
        BEDROCK_TEMPERATURE: '0.2',
        BEDROCK_MAX_TOKENS: '77',
        BEDROCK_ADDITIONAL_MODEL_REQUEST_FIELDS: '{"thinking":{"type":"disabled"}}',
      }).mode,
    )
    const [request] = server.requests
    expect(request?.path).toBe('/model/eu.anthropic.claude-haiku-4-5-20251001-v1%3A0/converse-stream')
    expect(request?.body.inferenceConfig).toEqual({ maxTokens: 77, temperature: 0.2 })
    expect(request?.body.additionalModelRequestFields).toEqual({ thinking: { type: 'disabled' } })
  })

  it('sends thinking and its signature back to the model, and shows neither to the user', async () => {
    const think = (delta: unknown) => ({
      contentBlockDelta: { contentBlockIndex: 0, delta: { reasoningContent: delta } },
    })
    server.play(
      [
        { messageStart: { role: 'assistant' } },
        think({ text: 'They want ' }),
        think({ text: 'Oslo.' }),
        think({ signature: 'c2lnbmF0dXJl' }),
        { contentBlockStop: { contentBlockIndex: 0 } },
        ...toolBlock(1, 'tooluse_0', 'get_weather', '{"city":"Oslo"}'),
        ...stopEvents('tool_use'),
      ],
      finalAnswer,
    )
    const turn = await runTurn(connectTo().mode)
    expect(turn.answer).toBe('Oslo is cold and sunny.')
    expect(server.requests[1]?.body.messages[1]?.content[0]).toEqual({
      reasoningContent: { reasoningText: { text: 'They want Oslo.', signature: 'c2lnbmF0dXJl' } },
    })
  })

  it('has the request to the model in its trace, without what the user wrote', async () => {
    server.play(finalAnswer)
    const turn = await runTurn(connectTo().mode, { message: 'My secret wish: weather in Oslo?' })
    const [model] = turn.steps
    expect(model?.request).toMatchObject({ method: 'POST', url: expect.stringContaining('/converse-stream') })
    expect(model?.response?.body).toMatchObject({
      stopReason: 'end_turn',
      usage: { inputTokens: 10, outputTokens: 5 },
    })
    expect(JSON.stringify(turn.steps)).not.toContain('secret wish')
  })
})

describe('a tool call', () => {
  const toolResult = () => server.requests[1]?.body.messages.at(-1)?.content[0]

  it.each([
    [
      'get_weather',
      '{"town":"Oslo"}',
      'get_weather failed: The arguments do not fit the tool’s schema: #/required: Instance does not have required property "city". #/additionalProperties: Property "town" does not match additional properties schema. #/town: False boolean schema.',
    ],
    [
      'get_forecast',
      '{"city":"Oslo","days":12}',
      'get_forecast failed: The arguments do not fit the tool’s schema: #/properties: Property "days" does not match schema. #/properties/days/maximum: 12 is greater than 7.',
    ],
    ['get_weather', '{"city":"Os', 'get_weather failed: The arguments were not valid JSON.'],
    ['drop_tables', '{}', 'drop_tables failed: There is no such tool.'],
  ])('that is invalid (tool %s, input %s) gives the model a sentence', async (name, input, sentence) => {
    server.play([...toolBlock(0, 'tooluse_0', name, input), ...stopEvents('tool_use')], finalAnswer)
    const turn = await runTurn(connectTo().mode)
    expect(toolResult()).toEqual({ toolResult: { toolUseId: 'tooluse_0', content: [{ text: sentence }] } })
    expect(turn.outcome?.tools).toMatchObject([{ name, status: 'failed' }])
    expect(turn.steps.find(({ kind }) => kind === 'tool')).toMatchObject({
      status: 'failed',
      problem: { code: 'INVALID_REQUEST' },
    })
  })

  it('for an unknown city gives the model the API’s sentence with its suggestions', async () => {
    server.play(toolCallsFor('Osloo'), finalAnswer)
    const weather = sunnyClient({
      current: async (_context, city) => {
        throw weatherProblem('CITY_NOT_FOUND', `The weather API knows no city called “${city}”.`, {
          hint: 'Did you mean Oslo?',
        })
      },
    })
    const turn = await runTurn(connectTo({}, weather).mode)
    expect(JSON.stringify(toolResult())).toContain('knows no city called “Osloo”. Did you mean Oslo?')
    expect(turn.outcome?.tools).toEqual([
      { name: 'get_weather', arguments: { city: 'Osloo' }, status: 'failed' },
    ])
  })

  it.each([
    'CONSENT_REQUIRED',
    'AGENT_IDENTITY_NOT_HONOURED',
    'SIDECAR_UNREACHABLE',
    'API_TOKEN_REJECTED',
    'API_FORBIDDEN',
  ] as const)(
    'that fails with the problem %s ends the turn with the same problem; the model is not asked again',
    async code => {
      server.play(toolCallsFor('Oslo', 'Rome'), finalAnswer)
      const weather = sunnyClient({
        current: async (context, city) => {
          if (city === 'Rome') return await sunnyClient().current(context, city)
          throw identityProblem(code, 'The identity was refused.')
        },
      })
      const turn = await runTurn(connectTo({}, weather).mode)
      expect(turn.failure?.code).toBe(code)
      expect(server.requests).toHaveLength(1)
      expect(turn.steps.filter(({ kind }) => kind === 'tool').map(({ status }) => status)).toEqual([
        'failed',
        'ok',
      ])
    },
  )

  it('gets the flow and the user of its own turn', async () => {
    server.play(toolCallsFor('Oslo'), finalAnswer)
    const seen: unknown[] = []
    const weather = sunnyClient({
      current: async (context, city) => {
        const { turn } = context
        seen.push([turn.flow, turn.user?.objectId, city])
        return sunnyClient().current(context, city)
      },
    })
    const user = { raw: 'header.claims.signature', objectId: 'ada', claims: {} }
    await runTurn(connectTo({}, weather).mode, { flow: 'obo', user: user as never })
    expect(seen).toEqual([['obo', 'ada', 'Oslo']])
  })
})

describe('an answer', () => {
  it('that is cut by the token limit comes with a notice', async () => {
    server.play([...textBlock('Oslo is'), ...stopEvents('max_tokens')])
    const turn = await runTurn(connectTo().mode, { message: 'Tell me a story' })
    expect(turn.outcome?.finishReason).toBe('length')
    expect(turn.notices).toMatchObject([{ code: 'ANSWER_TRUNCATED' }])
  })

  it('whose tool call was cut off by the token limit does not run the tool', async () => {
    server.play([...toolBlock(0, 'tooluse_0', 'get_weather', '{"city":"Par'), ...stopEvents('max_tokens')])
    const turn = await runTurn(connectTo().mode)
    expect(turn.failure?.code).toBe('ANSWER_TRUNCATED')
    expect(turn.steps.map(({ kind }) => kind)).toEqual(['model'])
  })

  it('is not empty if the model refuses to answer, and comes without a notice', async () => {
    server.play([{ messageStart: { role: 'assistant' } }, ...stopEvents('refusal')])
    const turn = await runTurn(connectTo().mode)
    expect(turn.outcome?.finishReason).toBe('refusal')
    expect(turn.answer).not.toBe('')
    expect(turn.notices).toEqual([])
  })

  it('without any text fails the turn', async () => {
    server.play([{ messageStart: { role: 'assistant' } }, ...stopEvents('end_turn')])
    expect((await runTurn(connectTo().mode)).failure?.code).toBe('BEDROCK_STREAM_BROKEN')
  })

  it('about weather comes with a notice if no tool was called', async () => {
    server.play(finalAnswer)
    expect((await runTurn(connectTo().mode)).notices).toMatchObject([{ code: 'TOOL_NOT_CALLED' }])
    expect((await runTurn(connectTo().mode, { message: 'Hello!' })).notices).toEqual([])
  })

  it('that the model keeps putting off with tool calls fails at the step limit', async () => {
    server.play(toolCallsFor('Oslo'))
    const turn = await runTurn(connectTo().mode)
    expect(turn.failure?.code).toBe('STEP_LIMIT_REACHED')
    expect(server.requests).toHaveLength(8)
    expect(turn.steps.filter(({ kind }) => kind === 'tool')).toHaveLength(7)
  })

  it('that calls too many tools at once runs none of them', async () => {
    server.play(toolCallsFor(...Array.from({ length: 11 }, (_, index) => `City ${index}`)))
    const turn = await runTurn(connectTo().mode)
    expect(turn.failure?.code).toBe('STEP_LIMIT_REACHED')
    expect(turn.steps.map(({ kind }) => kind)).toEqual(['model'])
  })
})

describe('A turn’s budget of input tokens', () => {
  const turnWith = (inputTokens: number) => runTurn(connectTo({}, sunnyClient(), inputTokens).mode)

  it('once used up ends the turn with what the model has written, and runs no call whose result nobody would read', async () => {
    server.play(toolCallsFor('Oslo'))
    const turn = await turnWith(25)
    expect(server.requests).toHaveLength(3)
    expect(turn.answer).toBe('Let me look.\n\nLet me look.\n\nLet me look.')
    expect(turn.outcome).toMatchObject({ finishReason: 'length', usage: { inputTokens: 30 } })
    expect(turn.outcome?.tools).toHaveLength(2)
    expect(turn.steps.filter(({ kind }) => kind === 'tool')).toHaveLength(2)
    expect(turn.notices).toMatchObject([
      { code: 'TOKEN_BUDGET_REACHED', message: 'The turn has used 30 of 25 input tokens.' },
    ])
  })

  it('counts input that came from the cache', async () => {
    const [stop, metadata] = stopEvents('tool_use')
    const usage = { inputTokens: 10, outputTokens: 5, totalTokens: 35, cacheReadInputTokens: 20 }
    const fromCache = { metadata: { ...(metadata as { metadata: object }).metadata, usage } }
    server.play([...toolBlock(1, 'call', 'get_weather', '{"city":"Oslo"}'), stop ?? {}, fromCache])
    const turn = await turnWith(25)
    expect(server.requests).toHaveLength(1)
    expect(turn.answer).toBe('The turn’s budget was used up before there was an answer.')
    expect(turn.notices).toMatchObject([{ code: 'TOKEN_BUDGET_REACHED' }])
  })

  it.each([
    ['is enough for an answer that uses up more than what is left', 15],
    ['of 0 is none', 0],
  ])('%s', async (_what, inputTokens) => {
    server.play(toolCallsFor('Oslo'), finalAnswer)
    const turn = await turnWith(inputTokens)
    expect(turn.outcome).toMatchObject({ finishReason: 'stop', usage: { inputTokens: 20 } })
    expect(turn.notices).toEqual([])
  })
})
