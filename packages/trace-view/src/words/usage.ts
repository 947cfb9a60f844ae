import type { TurnResult } from '@entra-agents/trace'

/** The tokens of a turn and the time that it took: "1,200 tokens in (300 from the cache), 40 out · 3.2 s". */
export function tellUsage(usage: TurnResult['usage'], time: string): string {
  if (!usage) return time
  const [read, cached, written] = [usage.inputTokens, usage.cacheReadInputTokens, usage.outputTokens].map(
    number => number.toLocaleString('en'),
  )
  const ofCache = usage.cacheReadInputTokens > 0 ? ` (${cached} from the cache)` : ''
  return `${read} tokens in${ofCache}, ${written} out · ${time}`
}
