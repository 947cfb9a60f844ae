import type { Model } from '../account/models.ts'
import { validationError } from '../wire/bedrock-error.ts'
import type { ConverseRequest } from '../wire/converse-request.ts'
import { modelError } from './check-conversation.ts'

const knownAdditionalFields: ReadonlySet<string> = new Set(['thinking', 'output_config', 'anthropic_beta'])

/**
 * Checks the parameters that not all models accept.
 *
 * @throws {BedrockError} with Bedrock's text
 */
export function checkParameters(request: ConverseRequest, model: Model): void {
  const { temperature, maxTokens } = request.inferenceConfig ?? {}
  if (temperature !== undefined && !model.isBefore55)
    throw validationError('`temperature` is deprecated for this model.')
  if (maxTokens !== undefined && maxTokens > model.maxOutputTokens)
    throw validationError(
      `The maximum tokens you requested exceeds the model limit of ${model.maxOutputTokens}. Try again with a maximum tokens value that is lower than ${model.maxOutputTokens}.`,
    )
  checkToolNames(request)
  checkAdditionalFields(request, model)
}

function checkToolNames({ toolConfig }: ConverseRequest): void {
  const names = toolConfig?.tools.flatMap(({ toolSpec }) => toolSpec?.name ?? []) ?? []
  if (new Set(names).size < names.length) throw modelError('tools: Tool names must be unique.')
}

function checkAdditionalFields({ additionalModelRequestFields = {} }: ConverseRequest, model: Model): void {
  const unknown = Object.keys(additionalModelRequestFields).find(name => !knownAdditionalFields.has(name))
  if (unknown) throw modelError(`${unknown}: Extra inputs are not permitted`)
  const type = additionalModelRequestFields.thinking?.type
  if (type === 'enabled' && !model.isBefore55)
    throw modelError(
      '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.',
    )
  if (type === 'disabled' && model.thinking === 'always')
    throw modelError('"thinking.type.disabled" is not supported for this model.')
}
