import { type EnvironmentReader, parseJsonObject } from '@entra-agents/service-kit'
import { readCredential } from './credentials.ts'
import { readEndpoint } from './endpoints.ts'
import { defaultModelId, readModelId } from './models.ts'

type JsonValue = string | number | boolean | null | JsonValue[] | { [name: string]: JsonValue }

/** Lifetime of an entry in Bedrock's prompt cache. With `none`, requests have no cache points. */
export type PromptCache = 'none' | '5m' | '1h'

/** Settings of a Bedrock that can be called. */
export type BedrockConfig = Exclude<ReturnType<typeof readBedrockConfig>, NoBedrock>

/** AWS is not set up; direct mode works all the same. */
export interface NoBedrock {
  readonly missing: string
  readonly region: string | undefined
}

/** Reads everything about AWS and Bedrock. A malformed value is a fault; a missing one gives `NoBedrock`. */
export function readBedrockConfig(env: EnvironmentReader) {
  const region = env.optional('AWS_REGION') ?? env.optional('AWS_DEFAULT_REGION')
  const promptCache = env.oneOf('BEDROCK_PROMPT_CACHE', ['auto', 'none', '5m', '1h'], 'auto')
  const settings = {
    maxTokens: env.integer('BEDROCK_MAX_TOKENS', 4_096, 1, 128_000),
    /** Sent only when set: current models refuse sampling parameters. */
    temperature: env.optionalNumber('BEDROCK_TEMPERATURE', 0, 1),
    /** Passed on to the model as it is, for example `{"thinking":{"type":"disabled"}}`. */
    additionalModelRequestFields: readAdditionalFields(env),
    /** Whether background probes of a few tokens may check that Bedrock answers. */
    probe: env.oneOf('BEDROCK_PROBE', ['on', 'off'], 'on') === 'on',
    /** Another Bedrock Runtime endpoint than the region's own, such as a VPC endpoint or an emulator. */
    endpoint: readEndpoint(env, 'AWS_ENDPOINT_URL_BEDROCK_RUNTIME'),
  }
  const without = (missing: string): NoBedrock => ({ missing, region })
  if (region === undefined) return without('AWS_REGION is not set.')
  if (!/^[a-z]{2}(-[a-z]+)+-\d+$/.test(region)) {
    env.fault(`AWS_REGION must be a region such as eu-central-1; it is "${region}".`)
  }
  const credential = readCredential(env)
  if (credential.tier === 'none') return without(credential.missing)
  const modelId = env.text('BEDROCK_MODEL_ID', defaultModelId(region))
  return {
    ...settings,
    region,
    /** Inference profile id, model id or ARN. */
    modelId,
    /** How long Bedrock caches the beginning of a request for later ones that share it; each use renews it. */
    promptCache: choosePromptCache(promptCache, modelId),
    credential,
  }
}

/** Bedrock refuses cache points for models without a prompt cache, so `auto` sends them only to models known to have one. */
function choosePromptCache(chosen: PromptCache | 'auto', modelId: string): PromptCache {
  if (chosen !== 'auto') return chosen
  return readModelId(modelId).known?.hasPromptCache ? '5m' : 'none'
}

function readAdditionalFields(env: EnvironmentReader): Record<string, JsonValue> | undefined {
  const name = 'BEDROCK_ADDITIONAL_MODEL_REQUEST_FIELDS'
  const text = env.optional(name)
  if (text === undefined) return undefined
  const fields = parseJsonObject(text)
  if (!fields) env.fault(`${name} must be a JSON object.`)
  return fields as Record<string, JsonValue> | undefined
}
