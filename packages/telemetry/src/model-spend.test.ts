import { Registry } from '@prometheus-io/client'
import { expect, it } from 'vitest'
import { createModelSpend } from './model-spend.ts'

const prices = { input: 1, cache_read: 0.1, cache_write: 1.25, output: 5 }
const of = { agent: 'weather', flow: 'obo', model: 'claude' }
const stepOf = (usage: object | null) => ({ kind: 'model', response: { body: { usage } } })
const usage = { inputTokens: 1_000, cacheReadInputTokens: 600, cacheWriteInputTokens: 300, outputTokens: 20 }
const call = stepOf(usage)
const others = [{ kind: 'model' }, stepOf(null), { ...call, kind: 'api-call' }]

const samplesOf = async (registry: Registry) =>
  (await registry.metrics()).split('\n').filter(line => line !== '' && !line.startsWith('#'))

it('Tokens and their cost are counted by agent, flow, model and type, and cached input by its own price', async () => {
  const registry = new Registry()
  const spend = createModelSpend(registry, prices)
  const tokens = { input: 200, cache_read: 1_200, cache_write: 600, output: 40 }
  expect(spend.count(of, [call, ...others, call])).toEqual({ tokens, costDollars: 0.00127 })
  spend.count({ ...of, agent: 'alerts' }, [call])
  const labels = (agent: string) => `agent="${agent}",flow="obo",gen_ai_request_model="claude"`
  const lines = await samplesOf(registry)
  expect(lines).toHaveLength(10)
  for (const [type, number] of Object.entries(tokens))
    expect(lines).toContain(
      `agent_model_tokens_total{${labels('weather')},gen_ai_token_type="${type}"} ${number}`,
    )
  expect(lines).toContain(`agent_model_cost_dollars_total{${labels('weather')}} 0.00127`)
  expect(lines).toContain(`agent_model_cost_dollars_total{${labels('alerts')}} 0.000635`)
})

it('Without prices, only tokens are counted; without a call, nothing is', async () => {
  const registry = new Registry()
  const spend = createModelSpend(registry, undefined)
  expect(spend.count(of, others)).toEqual({})
  expect(await samplesOf(registry)).toEqual([])
  expect(Object.keys(spend.count(of, [call]))).toEqual(['tokens'])
  expect(await samplesOf(registry)).toHaveLength(4)
})

it.each([-1, Number.NaN, Number.POSITIVE_INFINITY, 1e300, '7' as unknown as number])(
  'A model that says that it used %s tokens neither ends the turn nor spoils the figures',
  async wrong => {
    const spend = createModelSpend(new Registry(), prices)
    const odd = { inputTokens: wrong, cacheReadInputTokens: 9, cacheWriteInputTokens: 0, outputTokens: wrong }
    expect(spend.count(of, [stepOf(odd), stepOf({ ...odd, inputTokens: 3 })]).tokens).toEqual({
      input: 0,
      cache_read: 18,
      cache_write: 0,
      output: 0,
    })
  },
)
