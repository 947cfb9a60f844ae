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
const from55: Omit<Model, 'id'> = {
  ...{ lifecycle: 'ACTIVE', access: 'granted', profiles: usual, isBefore55: false, thinking: 'always' },
  ...{ contextTokens: 1_000_000, maxOutputTokens: 128_000 },
}
const before55: Omit<Model, 'id'> = {
  ...{ ...from55, isBefore55: true, thinking: 'optional' },
  ...{ contextTokens: 200_000, maxOutputTokens: 64_000 },
}

/** Claude on Bedrock as of November 2026, as far as responses depend on it. */
// biome-ignore format: table
export const models: readonly Model[] = [
  { ...from55, id: 'anthropic.claude-haiku-5-5', thinking: 'optional', cacheMinimumTokens: 4_096 },
  { ...from55, id: 'anthropic.claude-sonnet-5-5', cacheMinimumTokens: 1_024 },
  { ...from55, id: 'anthropic.claude-opus-5-5', cacheMinimumTokens: 512 },
  { ...before55, id: 'anthropic.claude-sonnet-5', cacheMinimumTokens: 1_024 },
  { ...before55, id: 'anthropic.claude-sonnet-4-6', cacheMinimumTokens: 1_024 },
  { ...before55, id: 'anthropic.claude-haiku-4-5-20251001-v1:0', cacheMinimumTokens: 4_096 },
  { ...before55, id: 'anthropic.claude-3-haiku-20240307-v1:0', lifecycle: 'LEGACY', profiles: ['us', 'eu', 'apac'] },
  { ...before55, id: 'anthropic.claude-sonnet-4-20250514-v1:0', lifecycle: 'EOL', profiles: ['us', 'eu', 'apac', 'global'] },
  { ...before55, id: 'anthropic.claude-3-7-sonnet-20250219-v1:0', lifecycle: 'EOL', profiles: ['us', 'eu', 'apac'] },
  { ...before55, id: 'anthropic.claude-3-5-haiku-20241022-v1:0', lifecycle: 'EOL', profiles: ['us'] },
]
