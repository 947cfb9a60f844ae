import { Counter, type Registry } from '@prometheus-io/client'
import { type Tokens, tokenTypes } from './token-prices.ts'

/** What one model call used, as Bedrock counts it, but with the cached tokens as a part of the input. */
type CallUsage = Readonly<
  Record<'inputTokens' | 'cacheReadInputTokens' | 'cacheWriteInputTokens' | 'outputTokens', number>
>

/** A step of a turn's trace: that of a model call has the usage, if the model told it. */
interface TurnStep {
  readonly kind: string
  readonly response?: { readonly body?: unknown }
}

export type ModelSpend = ReturnType<typeof createModelSpend>

const labelNames = ['agent', 'flow', 'gen_ai_request_model'] as const

/** A figure of another party: a counter takes no other numbers. */
const figure = (value: number) => (Number.isSafeInteger(value) && value > 0 ? value : 0)

/** Counts what agents use of the model, and what that costs if the prices are known. */
export function createModelSpend(registry: Registry, prices: Tokens | undefined) {
  const registers = [registry]
  const tokensUsed = new Counter({
    name: 'agent_model_tokens_total',
    help: `Tokens of the model, by agent, flow, model and type (${tokenTypes.join(', ')}).`,
    labelNames: [...labelNames, 'gen_ai_token_type'],
    registers,
  })
  const dollarsSpent = new Counter({
    name: 'agent_model_cost_dollars_total',
    help: 'What these tokens cost in US dollars, if BEDROCK_PRICES is set.',
    labelNames,
    registers,
  })
  return {
    /** Counts the model calls of a turn. @returns the sums, for a log line; nothing if no call told its usage */
    count(
      { agent, flow, model }: Readonly<Record<'agent' | 'flow' | 'model', string>>,
      steps: readonly TurnStep[],
    ): { readonly tokens?: Tokens; readonly costDollars?: number } {
      const calls = steps.flatMap(step => usageOf(step) ?? [])
      if (calls.length === 0) return {}
      const sum = (count: (call: CallUsage) => number) =>
        calls.reduce((all, call) => all + figure(count(call)), 0)
      const tokens: Tokens = {
        input: sum(call => call.inputTokens - call.cacheReadInputTokens - call.cacheWriteInputTokens),
        cache_read: sum(call => call.cacheReadInputTokens),
        cache_write: sum(call => call.cacheWriteInputTokens),
        output: sum(call => call.outputTokens),
      }
      const labels = { agent, flow, gen_ai_request_model: model }
      for (const type of tokenTypes) tokensUsed.inc({ ...labels, gen_ai_token_type: type }, tokens[type])
      if (!prices) return { tokens }
      const millionths = tokenTypes.reduce((all, type) => all + tokens[type] * prices[type], 0)
      const costDollars = Number((millionths / 1_000_000).toFixed(9))
      dollarsSpent.inc(labels, costDollars)
      return { tokens, costDollars }
    },
  }
}

function usageOf({ kind, response }: TurnStep): CallUsage | null | undefined {
  return kind === 'model' ? (response?.body as { usage?: CallUsage | null } | undefined)?.usage : undefined
}
