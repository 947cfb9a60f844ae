import { identityProblem } from '@entra-agents/identity/core'
import { beforeEach, expect, it } from 'vitest'
import { weatherProblem } from '../../../services/agent/src/tools/weather/problems.ts'
import {
  answer,
  ScriptedBedrock,
  type StreamEvent,
  stopEvents,
  textBlock,
  thinking,
  toolBlock,
  toolStep,
} from '../../contract/bedrock/scripted-bedrock.ts'
import { forFile } from '../../support/for-file.ts'
import { connectScripted, type FinishedTurn, runTurn, sunnyClient, type TurnOptions } from './run-turn.ts'

const server = await forFile(new ScriptedBedrock().start())
beforeEach(() => void server.requests.splice(0))

const toolCall = (name: string, input: string) => toolStep(toolBlock(0, 'tooluse_0', name, input))
const toolCallsFor = (...cities: string[]) =>
  toolStep(
    textBlock('Let me look.'),
    ...cities.map((city, at) => toolBlock(at + 1, `tooluse_${at}`, 'get_weather', '{"ci', `ty":"${city}"}`)),
  )
const osloCall = toolBlock(1, 'tooluse_0', 'get_weather', '{"city":"Oslo"}')
const thinkThenCall = toolStep(thinking('They want ', 'Oslo.'), osloCall)
const finalAnswer = answer('Oslo is cold', ' and sunny.')
const begin = { messageStart: { role: 'assistant' } }
const [stop = {}, metadata] = stopEvents('tool_use')
const cached = { inputTokens: 10, outputTokens: 5, totalTokens: 35, cacheReadInputTokens: 20 }
const fromCache = [stop, { metadata: { ...Object(metadata).metadata, usage: cached } }]
const cutByLimit = (blocks: StreamEvent[]) => [[...blocks, ...stopEvents('max_tokens')]]
const elevenCities = Array.from({ length: 11 }, (_, index) => `City ${index}`)

/** Weather that fails for every city but Rome. */
const weatherWith = (failure: (city: string) => Error) =>
  sunnyClient({
    current: async (context, city) => {
      if (city === 'Rome') return await sunnyClient().current(context, city)
      throw failure(city)
    },
  })
const noSuchCity = weatherWith(city =>
  weatherProblem('CITY_NOT_FOUND', `No city is called “${city}”.`, { hint: 'Did you mean Oslo?' }),
)
/** Failures of a call that no model is told. */
const endings = [
  'API_FORBIDDEN',
  'CONSENT_REQUIRED',
  'AGENT_IDENTITY_NOT_HONOURED',
  'SIDECAR_UNREACHABLE',
  'API_TOKEN_REJECTED',
] as const

interface Script extends TurnOptions {
  readonly steps: readonly StreamEvent[][]
  readonly weather?: ReturnType<typeof sunnyClient>
  readonly inputTokens?: number
}

/** A turn in which the model first calls something, and then answers. */
const callThenAnswer = (call: StreamEvent[], more: Partial<Script> = {}): Script => ({
  steps: [call, finalAnswer],
  ...more,
})

/** What the model says in each step of a turn; the last step is repeated. */
const scripts: Readonly<Record<string, Script>> = {
  'two calls at once, then an answer': callThenAnswer(toolCallsFor('Oslo', 'Rome')),
  'thinking, which is not shown': callThenAnswer(thinkThenCall),
  'another argument than the tool’s': callThenAnswer(toolCall('get_weather', '{"town":"Oslo"}')),
  'an argument out of range': callThenAnswer(toolCall('get_forecast', '{"city":"Oslo","days":12}')),
  'arguments that are no JSON': callThenAnswer(toolCall('get_weather', '{"city":"Os')),
  'an unknown tool': callThenAnswer(toolCall('drop_tables', '{}')),
  'an unknown city': callThenAnswer(toolCallsFor('Osloo'), { weather: noSuchCity }),
  ...Object.fromEntries(
    endings.map(code => {
      const weather = weatherWith(() => identityProblem(code, 'The identity was refused.'))
      return [`${code}, which ends the turn`, callThenAnswer(toolCallsFor('Oslo', 'Rome'), { weather })]
    }),
  ),
  'an event of an unknown type': {
    steps: [[begin, { somethingNew: { a: 1 } }, ...answer('Hello.').slice(1)]],
  },
  'an answer that the token limit cuts': { steps: cutByLimit(textBlock('Oslo is')), message: 'Go on' },
  'a call that the token limit cuts, which does not run': { steps: cutByLimit(osloCall.slice(0, 2)) },
  'a refusal of the model': { steps: [[begin, ...stopEvents('refusal')]] },
  'an answer without any text': { steps: [[begin, ...stopEvents('end_turn')]] },
  'an answer about weather without a call': { steps: [finalAnswer] },
  'an answer about something else': { steps: [finalAnswer], message: 'Hello!' },
  'calls without an end': { steps: [toolCallsFor('Oslo')] },
  'too many calls at once, of which none runs': { steps: [toolCallsFor(...elevenCities)] },
  'a budget that is used up, after which no call runs': { steps: [toolCallsFor('Oslo')], inputTokens: 25 },
  'a budget that input from the cache uses up': { steps: [[...osloCall, ...fromCache]], inputTokens: 25 },
  'a budget of which the answer uses more than is left': callThenAnswer(toolCallsFor('Oslo'), {
    inputTokens: 15,
  }),
  'a budget of 0, which is none': callThenAnswer(toolCallsFor('Oslo'), { inputTokens: 0 }),
}

/** What the user gets of a turn, and what the model got as results of the last calls. */
function describeTurn({ answer: text, steps, outcome, failure, notices }: FinishedTurn): string[] {
  const { finishReason, usage, tools = [] } = outcome ?? {}
  const results = server.requests.at(-1)?.body.messages.at(-1)?.content ?? []
  return [
    ...steps.map(({ kind, from, to, status, tool, problem }) =>
      [kind, from, '→', to, status, tool?.name, JSON.stringify(tool?.arguments), problem?.code].join(' '),
    ),
    ...results.filter(block => 'toolResult' in block).map(block => JSON.stringify(block)),
    `answer: ${JSON.stringify(text)}`,
    ...(outcome ? [`end: ${finishReason}, ${JSON.stringify(usage)}`] : []),
    ...tools.map(tool => `in the outcome: ${JSON.stringify(tool)}`),
    ...(failure ? [`failure: ${failure.code}, ${failure.message}`] : []),
    ...notices.map(({ code, message }) => `notice: ${code}, ${message}`),
  ].map(line => `  ${line.trimEnd().replace(/[0-9a-f]{8}-[0-9a-f-]{27}/, '<new id>')}\n`)
}

it('A turn shows what its model says and does', async () => {
  const turns: string[] = []
  for (const [title, { steps, weather, inputTokens, ...asked }] of Object.entries(scripts)) {
    server.requests.length = 0
    server.play(...steps)
    const turn = await runTurn(connectScripted(server, {}, weather, inputTokens).mode, asked)
    turns.push(`${title}\n${describeTurn(turn).join('')}`)
  }
  await expect(turns.join('\n')).toMatchFileSnapshot('turns.txt')
})

const newModel = 'eu.anthropic.claude-new'
it.each([
  [{}, 'eu.anthropic.claude-haiku-5-5', { maxTokens: 4096 }, undefined, { type: 'default' }],
  [{ BEDROCK_PROMPT_CACHE: '1h' }, undefined, undefined, undefined, { type: 'default', ttl: '1h' }],
  [
    { BEDROCK_PROMPT_CACHE: '5m', BEDROCK_MODEL_ID: newModel },
    newModel,
    undefined,
    undefined,
    { type: 'default' },
  ],
  [
    {
      BEDROCK_MODEL_ID: 'eu.anthropic.claude-haiku-4-5-20251001-v1:0',
      BEDROCK_TEMPERATURE: '0.2',
      BEDROCK_MAX_TOKENS: '77',
      BEDROCK_ADDITIONAL_MODEL_REQUEST_FIELDS: '{"thinking":{"type":"disabled"}}',
      BEDROCK_PROMPT_CACHE: 'none',
    },
    'eu.anthropic.claude-haiku-4-5-20251001-v1%3A0',
    { maxTokens: 77, temperature: 0.2 },
    { thinking: { type: 'disabled' } },
    undefined,
  ],
])(
  'A request has prompt, tools and what is configured, here %j, and each of its parts ends with the configured cache point',
  async (environment, model, inference, fields, cachePoint) => {
    server.play(toolCallsFor('Oslo'), finalAnswer)
    await runTurn(connectScripted(server, environment).mode)
    for (const { path, body } of server.requests) {
      const { toolConfig, system, messages, inferenceConfig, additionalModelRequestFields } = body
      if (model) expect(path).toBe(`/model/${model}/converse-stream`)
      if (inference) expect([inferenceConfig, additionalModelRequestFields]).toEqual([inference, fields])
      expect(system?.[0]?.text).toContain('get_weather (now)')
      expect(JSON.stringify(toolConfig)).toMatch(/get_weather.*get_forecast/)
      const parts = [toolConfig?.['tools'], system, messages.at(-1)?.content]
      const last = parts.map(blocks => Object(Array.from(Object(blocks)).at(-1)).cachePoint)
      expect(last).toEqual([cachePoint, cachePoint, cachePoint])
      const count = JSON.stringify([toolConfig, system, messages]).split('cachePoint').length - 1
      expect(count).toBe(cachePoint ? 3 : 0)
    }
    expect(server.requests).toHaveLength(2)
  },
)

it('The trace has the request to the model, without what the user wrote', async () => {
  server.play(finalAnswer)
  const { steps } = await runTurn(connectScripted(server).mode, {
    message: 'My secret wish: weather in Oslo?',
  })
  expect(steps[0]).toMatchObject({
    request: { method: 'POST', url: expect.stringContaining('/converse-stream') },
    response: { body: { stopReason: 'end_turn', usage: { inputTokens: 10, outputTokens: 5 } } },
  })
  expect(JSON.stringify(steps)).not.toContain('secret wish')
})
