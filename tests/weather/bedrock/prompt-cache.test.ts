import { beforeEach, expect, it } from 'vitest'
import { answer, ScriptedBedrock, toolBlock, toolStep } from '../../contract/bedrock/scripted-bedrock.ts'
import { forFile } from '../../support/for-file.ts'
import { connectScripted, runTurn } from './run-turn.ts'

const server = await forFile(new ScriptedBedrock().start())
beforeEach(() => {
  server.requests.length = 0
  server.play(lookUp, cold)
})

const lookUp = toolStep(toolBlock(0, 'tooluse_0', 'get_weather', '{"city":"Oslo"}'))
const cold = answer('Cold.')
const ask = (environment?: Record<string, string>) => runTurn(connectScripted(server, environment).mode)

/** The last block of tools, system prompt and conversation of each request, and how many cache points there are. */
function cachePoints() {
  return server.requests.map(({ body: { toolConfig, system = [], messages } }) => {
    const parts = [toolConfig?.['tools'], system, messages.at(-1)?.content]
    const last = parts.map(blocks => Array.from(Object(blocks)).at(-1))
    return { last, count: JSON.stringify([toolConfig, system, messages]).split('cachePoint').length - 1 }
  })
}

const newModel = { BEDROCK_MODEL_ID: 'eu.anthropic.claude-new' }
it.each([
  ['as the table of models says', {}, { type: 'default' }],
  ['of five minutes', { BEDROCK_PROMPT_CACHE: '5m', ...newModel }, { type: 'default' }],
  ['of an hour', { BEDROCK_PROMPT_CACHE: '1h' }, { type: 'default', ttl: '1h' }],
])(
  'In a request, tools, system prompt and conversation each end with a cache point %s',
  async (_what, setting, cachePoint) => {
    await ask(setting)
    const points = { last: [{ cachePoint }, { cachePoint }, { cachePoint }], count: 3 }
    expect(cachePoints()).toEqual([points, points])
  },
)

it('A request has no cache point for a model that is not to use the prompt cache', async () => {
  await ask({ BEDROCK_PROMPT_CACHE: 'none' })
  expect(cachePoints().map(({ count }) => count)).toEqual([0, 0])
})

it('The second call of a turn begins with everything that the first call sent, byte for byte apart from cache points', async () => {
  await ask()
  const [first = '', second] = server.requests.map(({ body: { toolConfig, system, messages } }) =>
    JSON.stringify([toolConfig, system, messages]).replaceAll(',{"cachePoint":{"type":"default"}}', ''),
  )
  expect(second?.startsWith(first.replace(/\]+$/, ''))).toBe(true)
})

it('The usage of a turn includes, as part of the input, the tokens that all calls of the turn read from the cache or wrote to the cache', async () => {
  const metadata = (cacheReadInputTokens: number, cacheWriteInputTokens: number) => {
    const tokens = { inputTokens: 10, outputTokens: 5, totalTokens: 115 }
    return { metadata: { usage: { ...tokens, cacheReadInputTokens, cacheWriteInputTokens } } }
  }
  server.play([...lookUp.slice(0, -1), metadata(0, 100)], [...cold.slice(0, -1), metadata(80, 20)])
  const { outcome, steps } = await ask()
  const cache = { cacheReadInputTokens: 80, cacheWriteInputTokens: 120 }
  expect(outcome?.usage).toEqual({ inputTokens: 220, outputTokens: 10, ...cache })
  expect(steps.findLast(({ kind }) => kind === 'model')?.response?.body).toMatchObject({
    usage: { inputTokens: 110, cacheReadInputTokens: 80, cacheWriteInputTokens: 20 },
  })
})
