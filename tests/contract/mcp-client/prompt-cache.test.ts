import { ScriptedMcpServers, tool } from '@entra-agents/mcp-tools/testing/scripted-servers'
import { expect, it } from 'vitest'
import { forFile } from '../../support/for-file.ts'
import { identities } from '../../support/identities.ts'
import { findMetricsUrl } from '../agent/ask.ts'
import { McpStack } from './mcp-stack.ts'

const mcp = await forFile(McpStack.start())
const servers = await forFile(new ScriptedMcpServers().start())
const toolNames = Array.from({ length: 100 }, (_, index) => `look_up_${index}`)
const description =
  'Looks something up in one of the many places of a big company, and says where it was found. '
const tools = toolNames.map(name =>
  tool(name, {
    description: description.repeat(3),
    inputSchema: { type: 'object', properties: { query: { type: 'string', description } } },
  }),
)

/** The input tokens that the emulated Bedrock counted for each model call, in the order of the calls. */
function countedTokens() {
  return mcp.modelCalls.map(({ inputTokens = 0, cacheReadInputTokens = 0, cacheWriteInputTokens = 0 }) => ({
    all: inputTokens + cacheReadInputTokens + cacheWriteInputTokens,
    read: cacheReadInputTokens,
    written: cacheWriteInputTokens,
  }))
}

it('With a hundred tools, every model call after the first reads nearly all its input from the cache, whoever asks and in whatever order a server lists its tools', async () => {
  servers.scripts['big'] = { tools }
  await mcp.configure(
    { big: { url: `${servers.url}/big`, allowedTools: toolNames } },
    { BEDROCK_PROBE: 'off', BEDROCK_PRICES: 'input=1,cache_read=0,cache_write=0,output=1' },
  )
  const first = await mcp.answerTo('Use look_up_7 for “Apollo”')
  servers.scripts['big'] = { tools: tools.toReversed() }
  await mcp.answerTo('Use look_up_8 for “Gemini”', await mcp.stack.signIn(identities.ada.oid))
  await mcp.answerTo('Use look_up_9 for “Mercury”', await mcp.stack.signIn(identities.ben.oid))

  const [start, ...others] = countedTokens()
  expect(start).toMatchObject({ read: 0 })
  expect(start?.written).toBeGreaterThan(10_000)
  expect(others).toHaveLength(5)
  for (const { all, read } of others) expect(read / all).toBeGreaterThanOrEqual(0.85)

  const { usage } = first
  expect(usage?.cacheReadInputTokens).toBe(others[0]?.read)
  expect(usage?.inputTokens).toBe((start?.all ?? 0) + (others[0]?.all ?? 0))
  const metrics = await (await fetch(await findMetricsUrl(mcp.stack.appOf('agent')))).text()
  const read = countedTokens().reduce((sum, call) => sum + call.read, 0)
  const figures = [
    ...metrics.matchAll(/^agent_model_tokens_total\{(.*),gen_ai_token_type="cache_read"\} (\d+)$/gm),
  ]
  expect(figures.reduce((sum, [, , tokens]) => sum + Number(tokens), 0)).toBe(read)
  const model = 'gen_ai_request_model="eu.anthropic.claude-haiku-5-5"'
  expect(figures.map(([, labels]) => labels).sort()).toEqual([
    `agent="default",flow="autonomous",${model}`,
    `agent="default",flow="obo",${model}`,
  ])
  const [line] = mcp.stack.agentLog.map(text => JSON.parse(text)).filter(({ outcome }) => outcome === 'OK')
  expect(line.tokens).toMatchObject({ cache_read: others[0]?.read, cache_write: expect.any(Number) })
  expect(line.costDollars).toBeCloseTo((line.tokens.input + line.tokens.output) * 1e-6, 9)
})
