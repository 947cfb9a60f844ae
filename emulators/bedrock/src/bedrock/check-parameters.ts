import type { Model } from '../account/models.ts'
import { invalid } from '../wire/bedrock-error.ts'
import type { ConverseRequest } from '../wire/converse-request.ts'
import { refusedByModel } from './check-conversation.ts'

const knownFields: ReadonlySet<string> = new Set(['thinking', 'output_config', 'anthropic_beta'])

/**
 * Checks the parameters that not all models accept.
 *
 * @throws {BedrockError} with Bedrock's text
 */
export function checkParameters(request: ConverseRequest, model: Model): void {
  checkSampling(request, model)
  const { maxTokens } = request.inferenceConfig ?? {}
  if (maxTokens !== undefined && maxTokens > model.maxOutputTokens) {
    throw invalid(
      `The maximum tokens you requested exceeds the model limit of ${model.maxOutputTokens}. Try again with a maximum tokens value that is lower than ${model.maxOutputTokens}.`,
    )
  }
  checkTools(request, model)
  checkAdditionalFields(request, model)
}

function checkSampling({ inferenceConfig = {} }: ConverseRequest, model: Model): void {
  const { temperature, topP } = inferenceConfig
  const given = Object.entries({ temperature, top_p: topP }).find(([, value]) => value !== undefined)
  if (given && !model.isBefore55) throw invalid(`\`${given[0]}\` is deprecated for this model.`)
  if (temperature !== undefined && topP !== undefined) {
    throw refusedByModel(
      '`temperature` and `top_p` cannot both be specified for this model. Please use only one.',
    )
  }
}

function checkTools({ toolConfig }: ConverseRequest, model: Model): void {
  const names = toolConfig?.tools.flatMap(({ toolSpec }) => toolSpec?.name ?? []) ?? []
  if (new Set(names).size < names.length) throw refusedByModel('tools: Tool names must be unique.')
  const { any, tool } = toolConfig?.toolChoice ?? {}
  if ((any ?? tool) !== undefined && model.thinking === 'always') {
    throw refusedByModel('tool_choice: type "tool" and "any" are not supported for this model.')
  }
  if (tool && !names.includes(tool.name)) {
    throw refusedByModel(`tool_choice: Tool '${tool.name}' not found in provided tools`)
  }
}

function checkAdditionalFields({ additionalModelRequestFields = {} }: ConverseRequest, model: Model): void {
  const unknown = Object.keys(additionalModelRequestFields).find(name => !knownFields.has(name))
  if (unknown) throw refusedByModel(`${unknown}: Extra inputs are not permitted`)
  const type = additionalModelRequestFields.thinking?.type
  if (type === 'enabled' && !model.isBefore55) {
    throw refusedByModel(
      '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.',
    )
  }
  if (type === 'disabled' && model.thinking === 'always') {
    throw refusedByModel('"thinking.type.disabled" is not supported for this model.')
  }
}
