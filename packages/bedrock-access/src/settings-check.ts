import type { ProblemError } from '@entra-agents/service-kit'
import type { BedrockConfig } from './config.ts'
import { prefixFitsRegion, readModelId } from './models.ts'
import { type BedrockProblemCode, bedrockProblem } from './problems.ts'
import { profileHint, replacementHint } from './remedies.ts'

type Fault = readonly [code: BedrockProblemCode, detail: string, hint: string]

/** The problem of settings that cannot work together, found before any call; `undefined` if there is none. */
export function checkSettings(config: BedrockConfig): ProblemError | undefined {
  const fault = config.modelId.startsWith('arn:') ? findFaultOfArn(config) : findFault(config)
  if (!fault) return undefined
  const [code, detail, hint] = fault
  return bedrockProblem(code, detail, { hint })
}

function findFault(config: BedrockConfig): Fault | undefined {
  const { modelId, region } = config
  const { prefix, known } = readModelId(modelId)
  if (known?.lifecycle === 'retired') {
    const when = `${known.name} (${modelId}) was retired on ${known.endOfLife}.`
    return ['BEDROCK_MODEL_RETIRED', when, replacementHint(config)]
  }
  if (prefix !== undefined && !prefixFitsRegion(prefix, region)) {
    const what = `A “${prefix}.” profile cannot be called from ${region}.`
    return ['BEDROCK_MODEL_INVALID', what, profileHint(config)]
  }
  if (known?.lifecycle === 'active' && (prefix === undefined || !known.profiles.includes(prefix))) {
    const what = `${known.name} has no on-demand id “${modelId}”; it is called through an inference profile.`
    return ['BEDROCK_MODEL_INVALID', what, profileHint(config)]
  }
  if (config.temperature !== undefined && known?.takesTemperature === false) {
    const what = `${known.name} refuses sampling parameters such as temperature.`
    return ['BEDROCK_REQUEST_INVALID', what, 'Unset BEDROCK_TEMPERATURE.']
  }
  return config.promptCache !== 'none' && known?.hasPromptCache === false
    ? ['BEDROCK_REQUEST_INVALID', `${known.name} has no prompt cache.`, 'Unset BEDROCK_PROMPT_CACHE.']
    : undefined
}

function findFaultOfArn({ modelId, region }: BedrockConfig): Fault | undefined {
  const arnRegion = modelId.split(':')[3]
  if (!arnRegion || arnRegion === region) return undefined
  const what = `The model’s ARN is of ${arnRegion}, but AWS_REGION is ${region}.`
  const hint = 'Set AWS_REGION to the region in the ARN, or BEDROCK_MODEL_ID to a model of this region.'
  return ['BEDROCK_MODEL_INVALID', what, hint]
}
