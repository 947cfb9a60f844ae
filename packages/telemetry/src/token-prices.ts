import type { EnvironmentReader } from '@entra-agents/service-kit'

/** The kinds of a model's tokens that have prices of their own. What was read from or written to the prompt cache is not in `input`. */
export const tokenTypes = ['input', 'cache_read', 'cache_write', 'output'] as const

/** By the type of a token. */
export type Tokens = Readonly<Record<(typeof tokenTypes)[number], number>>

/** Reads what a million tokens of each type cost, in US dollars; `undefined` if nobody has said so. */
export function readTokenPrices(env: EnvironmentReader): Tokens | undefined {
  const isPrice = (item: string) => /^[a-z_]+=\d{1,6}(\.\d{1,9})?$/.test(item)
  const items = env.listOf('BEDROCK_PRICES', 'prices such as input=0.10', isPrice)
  if (items.length === 0) return undefined
  const prices = new Map(items.map(item => item.split('=')).map(([type, price]) => [type, Number(price)]))
  if (items.length !== tokenTypes.length || !tokenTypes.every(type => prices.has(type)))
    env.fault(`BEDROCK_PRICES must have one price for each of ${tokenTypes.join(', ')}.`)
  return Object.fromEntries(prices)
}
