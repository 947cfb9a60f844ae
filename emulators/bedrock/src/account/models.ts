export const lifecycles = ['ACTIVE', 'LEGACY', 'EOL'] as const
export const accessStates = ['granted', 'not-granted', 'no-use-case-form', 'no-subscription'] as const
export const geographies = ['us', 'eu', 'jp', 'au', 'apac', 'global'] as const
export type Geography = (typeof geographies)[number]

export interface Model {
  readonly id: string
  /** A `LEGACY` model is available only to accounts that used it lately, so not to this one; an `EOL` model to nobody. */
  readonly lifecycle: (typeof lifecycles)[number]
  readonly access: (typeof accessStates)[number]
  /** Geographies of its inference profiles. No Claude model can be invoked by its bare id. */
  readonly profiles: readonly Geography[]
  /** Size of the context window. */
  readonly contextTokens: number
  readonly maxOutputTokens: number
  /** Models before 5.5 accept `temperature`, a thinking budget, and a prefilled answer. */
  readonly isBefore55: boolean
  /** Whether thinking can be switched off. */
  readonly thinking: 'optional' | 'always'
  /** Length from which on prompts are cached; absent if the model has no prompt cache. */
  readonly cacheMinimumTokens?: number | undefined
}

const usual = ['us', 'eu', 'jp', 'au', 'global'] as const

/** Claude on Bedrock as of November 2026, as far as responses depend on it. */
export const models: readonly Model[] = [
  modelFrom55('anthropic.claude-haiku-5-5', 'optional', 4_096),
  modelFrom55('anthropic.claude-sonnet-5-5', 'always', 1_024),
  modelFrom55('anthropic.claude-opus-5-5', 'always', 512),
  modelBefore55('anthropic.claude-sonnet-5', 'ACTIVE', usual, 1_024),
  modelBefore55('anthropic.claude-sonnet-4-6', 'ACTIVE', usual, 1_024),
  modelBefore55('anthropic.claude-haiku-4-5-20251001-v1:0', 'ACTIVE', usual, 4_096),
  modelBefore55('anthropic.claude-3-haiku-20240307-v1:0', 'LEGACY', ['us', 'eu', 'apac']),
  modelBefore55('anthropic.claude-sonnet-4-20250514-v1:0', 'EOL', ['us', 'eu', 'apac', 'global']),
  modelBefore55('anthropic.claude-3-7-sonnet-20250219-v1:0', 'EOL', ['us', 'eu', 'apac']),
  modelBefore55('anthropic.claude-3-5-haiku-20241022-v1:0', 'EOL', ['us']),
]

function modelFrom55(id: string, thinking: Model['thinking'], cacheMinimumTokens?: number): Model {
  const limits = { contextTokens: 1_000_000, maxOutputTokens: 128_000, cacheMinimumTokens }
  return {
    id,
    lifecycle: 'ACTIVE',
    access: 'granted',
    profiles: usual,
    isBefore55: false,
    thinking,
    ...limits,
  }
}

function modelBefore55(
  id: string,
  lifecycle: Model['lifecycle'],
  profiles: readonly Geography[],
  cacheMinimumTokens?: number,
): Model {
  const limits = { contextTokens: 200_000, maxOutputTokens: 64_000 }
  const model = modelFrom55(id, 'optional', cacheMinimumTokens)
  return { ...model, lifecycle, profiles, ...limits, isBefore55: true }
}
