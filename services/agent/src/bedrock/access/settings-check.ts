import type { ProblemError } from '@entra-bedrock-agent/service-kit'
import { problem } from '../../problems.ts'
import type { BedrockConfig } from './config.ts'
import { prefixFitsRegion, readModelId } from './models.ts'
import { profileHint, replacementHint } from './remedies.ts'

/** Settings that cannot work together, found before any call; `undefined` if there are none. */
export function checkSettings(config: BedrockConfig): ProblemError | undefined {
  const { modelId, region } = config
  if (modelId.startsWith('arn:')) return checkArn(config)
  const { prefix, known } = readModelId(modelId)
  if (known?.lifecycle === 'retired') {
    return problem('BEDROCK_MODEL_RETIRED', `${known.name} (${modelId}) was retired on ${known.endOfLife}.`, {
      hint: replacementHint(config),
    })
  }
  if (prefix !== undefined && !prefixFitsRegion(prefix, region)) {
    return problem('BEDROCK_MODEL_INVALID', `A “${prefix}.” profile cannot be called from ${region}.`, {
      hint: profileHint(config),
    })
  }
  if (known?.lifecycle === 'active' && (prefix === undefined || !known.profiles.includes(prefix))) {
    return problem(
      'BEDROCK_MODEL_INVALID',
      `${known.name} has no on-demand id “${modelId}”; it is called through an inference profile.`,
      {
        hint: profileHint(config),
      },
    )
  }
  if (config.temperature !== undefined && known?.takesTemperature === false) {
    return problem(
      'BEDROCK_REQUEST_INVALID',
      `${known.name} refuses sampling parameters such as temperature.`,
      {
        hint: 'Unset BEDROCK_TEMPERATURE.',
      },
    )
  }
  if (config.promptCache !== 'none' && known?.hasPromptCache === false) {
    return problem('BEDROCK_REQUEST_INVALID', `${known.name} has no prompt cache.`, {
      hint: 'Unset BEDROCK_PROMPT_CACHE.',
    })
  }
  return undefined
}

function checkArn(config: BedrockConfig): ProblemError | undefined {
  const arnRegion = config.modelId.split(':')[3]
  if (!arnRegion || arnRegion === config.region) return undefined
  return problem(
    'BEDROCK_MODEL_INVALID',
    `The model’s ARN is of ${arnRegion}, but AWS_REGION is ${config.region}.`,
    {
      hint: 'Set AWS_REGION to the region in the ARN, or BEDROCK_MODEL_ID to a model of this region.',
    },
  )
}
