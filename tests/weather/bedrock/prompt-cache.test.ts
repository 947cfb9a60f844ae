import { beforeEach, expect, it } from 'vitest'
import { ScriptedBedrock, stopEvents, textBlock, toolBlock } from '../../contract/bedrock/scripted-bedrock.ts'
import { forFile } from '../../support/for-file.ts'
import { connectMode, credentials, runTurn } from './run-turn.ts'

const server = await forFile(new ScriptedBedrock().start())
beforeEach(() => void server.requests.splice(0))

const lookUpEvents = [
  ...toolBlock(0, 'tooluse_0', 'get_weather', '{"city":"Oslo"}'),
  ...stopEvents('tool_use'),
]

async function ask(environment: Record<string, string> = {}) {
  const { mode, bedrock } = connectMode({ ...credentials, AWS_ENDPOINT_URL: server.url, ...environment })
  const turn = await runTurn(mode)
  bedrock.close()
  return turn
}

/** The last block of tools, system prompt and conversation of each request, and how many cache points there are. */
function cachePoints() {
  return server.requests.map(({ body: { toolConfig, system = [], messages } }) => ({
    last: [toolConfig?.['tools'], system, messages.at(-1)?.content].map(blocks =>
      Array.from(Object(blocks)).at(-1),
    ),
    count: JSON.stringify([toolConfig, system, messages]).split('cachePoint').length - 1,
  }))
}

it.each([
  ['as the table of models says', {}, { type: 'default' }],
  [
    'of five minutes',
    { BEDROCK_PROMPT_CACHE: '5m', BEDROCK_MODEL_ID: 'eu.anthropic.claude-new' },
    { type: 'default' },
  ],
  ['of an hour', { BEDROCK_PROMPT_CACHE: '1h' }, { type: 'default', ttl: '1h' }],
])(
  'In a request, tools, system prompt and conversation each end with a cache point %s',
  async (_what, setting, cachePoint) => {
    server.play(lookUpEvents, [...textBlock('Cold.'), ...stopEvents('end_turn')])
    await ask(setting)
    expect(cachePoints()).toEqual(
      Array(2).fill({ last: [{ cachePoint }, { cachePoint }, { cachePoint }], count: 3 }),
    )
  },
)

it.each([
  ['is not in the table', { BEDROCK_MODEL_ID: 'eu.anthropic.claude-new' }],
  [
    'is named only by the ARN of a profile',
    { BEDROCK_MODEL_ID: 'arn:aws:bedrock:eu-central-1:111122223333:application-inference-profile/abc' },
  ],
  ['has no prompt cache', { BEDROCK_MODEL_ID: 'eu.anthropic.claude-3-haiku-20240307-v1:0' }],
  ['is not to use the prompt cache', { BEDROCK_PROMPT_CACHE: 'none' }],
])('A request has no cache point for a model that %s', async (_what, setting) => {
  server.play([...textBlock('Cold.'), ...stopEvents('end_turn')])
  await ask(setting)
  expect(cachePoints().map(({ count }) => count)).toEqual([0])
})

it('The second call of a turn begins with everything that the first call sent, byte for byte apart from cache points', async () => {
  server.play(lookUpEvents, [...textBlock('Cold.'), ...stopEvents('end_turn')])
  await ask()
  const [first = '', second] = server.requests.map(({ body: { toolConfig, system, messages } }) =>
    JSON.stringify([toolConfig, system, messages]).replaceAll(',{"cachePoint":{"type":"default"}}', ''),
  )
  expect(second?.startsWith(first.replace(/\]+$/, ''))).toBe(true)
})

it('The usage of a turn includes, as part of the input, the tokens that all calls of the turn read from the cache or wrote to the cache', async () => {
  const usage = { inputTokens: 10, outputTokens: 5, totalTokens: 115 }
  server.play(
    [
      ...lookUpEvents.slice(0, -1),
      { metadata: { usage: { ...usage, cacheReadInputTokens: 0, cacheWriteInputTokens: 100 } } },
    ],
    [
      ...textBlock('Cold.'),
      ...stopEvents('end_turn').slice(0, -1),
      { metadata: { usage: { ...usage, cacheReadInputTokens: 80, cacheWriteInputTokens: 20 } } },
    ],
  )
  const { outcome, steps } = await ask()
  expect(outcome?.usage).toEqual({
    inputTokens: 220,
    outputTokens: 10,
    cacheReadInputTokens: 80,
    cacheWriteInputTokens: 120,
  })
  expect(steps.findLast(({ kind }) => kind === 'model')?.response?.body).toMatchObject({
    usage: { inputTokens: 110, cacheReadInputTokens: 80, cacheWriteInputTokens: 20 },
  })
})
