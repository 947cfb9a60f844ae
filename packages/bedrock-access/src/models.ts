/**
 * What is known about Claude on Bedrock: ids, inference profiles and lifecycles, as published by AWS in November 2026
 * (https://docs.aws.amazon.com/bedrock/latest/userguide/model-lifecycle.html and the model cards).
 * Status, errors and docs/bedrock.md use this table; a model that is not in it is passed on to Bedrock as it is.
 */

/** Prefixes of model ids; each stands for the geography of a cross-region inference profile. */
const profilePrefixes = ['us', 'eu', 'jp', 'au', 'apac', 'us-gov', 'global'] as const
export type ProfilePrefix = (typeof profilePrefixes)[number]

export interface ClaudeModel {
  readonly id: string
  readonly name: string
  /** `legacy` models serve only accounts that used them lately; `retired` ones serve no account. */
  readonly lifecycle: 'active' | 'legacy' | 'retired'
  /** ISO 8601 date: a retired model's retirement, or the earliest possible retirement of any other model. */
  readonly endOfLife: string
  readonly profiles: readonly ProfilePrefix[]
  /** Whether the request may carry `temperature`. */
  readonly takesTemperature: boolean
  /** Whether the request may carry cache points. */
  readonly hasPromptCache: boolean
}

// biome-ignore format: table
export const claudeModels: readonly ClaudeModel[] = [
  { id: 'anthropic.claude-haiku-5-5', name: 'Claude Haiku 5.5', lifecycle: 'active', endOfLife: '2027-10-07', profiles: ['us', 'eu', 'jp', 'au', 'global'], takesTemperature: false, hasPromptCache: true },
  { id: 'anthropic.claude-haiku-4-5-20251001-v1:0', name: 'Claude Haiku 4.5', lifecycle: 'active', endOfLife: '2026-10-01', profiles: ['us', 'eu', 'jp', 'au', 'global'], takesTemperature: true, hasPromptCache: true },
  { id: 'anthropic.claude-sonnet-4-20250514-v1:0', name: 'Claude Sonnet 4', lifecycle: 'retired', endOfLife: '2026-10-14', profiles: ['us', 'eu', 'apac', 'global'], takesTemperature: true, hasPromptCache: true },
  { id: 'anthropic.claude-3-7-sonnet-20250219-v1:0', name: 'Claude 3.7 Sonnet', lifecycle: 'retired', endOfLife: '2026-04-28', profiles: ['us', 'eu', 'apac'], takesTemperature: true, hasPromptCache: true },
  { id: 'anthropic.claude-3-5-haiku-20241022-v1:0', name: 'Claude 3.5 Haiku', lifecycle: 'retired', endOfLife: '2026-06-19', profiles: ['us'], takesTemperature: true, hasPromptCache: true },
  { id: 'anthropic.claude-3-haiku-20240307-v1:0', name: 'Claude 3 Haiku', lifecycle: 'legacy', endOfLife: '2026-09-10', profiles: ['us', 'eu', 'apac', 'us-gov'], takesTemperature: true, hasPromptCache: false },
]

/** Regions from which the profiles of a geography may be called. */
const sourceRegions: Readonly<Record<ProfilePrefix, RegExp>> = {
  us: /^(us-(?!gov-|iso)|ca-)/,
  eu: /^eu-(?!isoe-)/,
  jp: /^ap-northeast-/,
  au: /^ap-southeast-/,
  apac: /^(ap|me)-/,
  'us-gov': /^us-gov-/,
  global: /^(?!us-gov-|us-iso|cn-|eu-isoe-)/,
}

const defaultModel = 'anthropic.claude-haiku-5-5'
const defaultPrefixes: readonly (readonly [RegExp, ProfilePrefix])[] = [
  [/^us-(east|west)-/, 'us'],
  [/^eu-(central-1|north-1|south-[12]|west-[13])$/, 'eu'],
  [/^ap-northeast-[13]$/, 'jp'],
  [/^ap-southeast-[24]$/, 'au'],
]

/** The inference profile for a region when none was chosen: the data stays in the region's geography where it can. */
export function defaultModelId(region: string): string {
  const prefix = defaultPrefixes.find(([pattern]) => pattern.test(region))?.[1] ?? 'global'
  return `${prefix}.${defaultModel}`
}

/** Splits a model id or inference profile id. An ARN stays whole. */
export function readModelId(modelId: string) {
  const prefix = profilePrefixes.find(candidate => modelId.startsWith(`${candidate}.`))
  const baseId = prefix === undefined ? modelId : modelId.slice(prefix.length + 1)
  return { prefix, baseId, known: claudeModels.find(model => model.id === baseId) }
}

/** Whether the profiles of a geography can be called from a region. */
export function prefixFitsRegion(prefix: ProfilePrefix, region: string): boolean {
  return sourceRegions[prefix].test(region)
}

/** Ids of models that work in a region, to be named in a hint: legacy ones only where there are no others. */
export function currentModelIds(region: string): readonly string[] {
  const idsOf = (lifecycle: (typeof claudeModels)[number]['lifecycle']) =>
    claudeModels.flatMap(({ id, profiles, ...model }) => {
      const fitting = profiles.filter(prefix => prefixFitsRegion(prefix, region))
      const near = fitting.find(prefix => prefix !== 'global') ?? fitting[0]
      return near === undefined || model.lifecycle !== lifecycle ? [] : `${near}.${id}`
    })
  const active = idsOf('active')
  return active.length > 0 ? active : idsOf('legacy')
}

/** Whether a model is known to read images: every Claude since 3 except 3.5 Haiku, but no custom ARN, which names no model. */
export function readsImages(modelId: string): boolean {
  return /\banthropic\.claude-(?!3-5-haiku|instant|v\d)/.test(modelId)
}
