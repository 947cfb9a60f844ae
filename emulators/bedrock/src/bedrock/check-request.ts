import type { Model } from '../account/models.ts'
import { BedrockError, validationError } from '../wire/bedrock-error.ts'
import type { ConverseRequest, Message } from '../wire/converse-request.ts'

/**
 * Checks the rules for conversations that the schema does not express.
 *
 * @throws {BedrockError} with Bedrock's text
 */
export function checkConversation({ messages, toolConfig }: ConverseRequest, takesPrefill: boolean): void {
  if (messages[0]?.role !== 'user')
    throw validationError(
      'A conversation must start with a user message. Try again with a conversation that starts with a user message.',
    )
  messages.forEach((message, index) => {
    checkContent(message, index)
    checkSequence(messages[index - 1], message, index)
  })
  if (messages.at(-1)?.role === 'assistant' && !takesPrefill)
    throw modelError(
      'This model does not support assistant message prefill. The conversation must end with a user message.',
    )
  const usesTools = messages.some(({ content }) => content.some(block => block.toolUse ?? block.toolResult))
  if (usesTools && toolConfig === undefined)
    throw validationError(
      'The toolConfig field must be defined when using toolUse and toolResult content blocks.',
    )
}

function checkContent({ content }: Message, index: number): void {
  if (content.length === 0)
    throw validationError(
      `The content field in the Message object at messages.${index} is empty. Add a ContentBlock object to the content field and try again.`,
    )
  content.forEach((block, position) => {
    const where = `messages.${index}.content.${position}`
    if (Object.keys(block).length !== 1)
      throw validationError(`The ContentBlock object at ${where} must set exactly one of its fields.`)
    const texts = [block, ...(block.toolResult?.content ?? [])].map(({ text }) => text)
    if (texts.some(text => text?.trim() === ''))
      throw validationError(
        `The text field in the ContentBlock object at ${where} is blank. Add text to the text field, and try again.`,
      )
  })
}

/** Roles must alternate, and each tool call of the assistant must have its result in the next message. */
function checkSequence(previous: Message | undefined, message: Message, index: number): void {
  if (previous?.role === message.role)
    throw validationError(
      'A conversation must alternate between user and assistant roles. Make sure the conversation alternates between user and assistant roles and try again.',
    )
  const asked = previous?.content.flatMap(({ toolUse }) => toolUse?.toolUseId ?? []) ?? []
  const answered = message.content.flatMap(({ toolResult }) => toolResult?.toolUseId ?? [])
  if (answered.length > asked.length)
    throw validationError(
      `The number of toolResult blocks at messages.${index}.content exceeds the number of toolUse blocks of previous turn.`,
    )
  const open = asked.filter(id => !answered.includes(id))
  if (open.length > 0)
    throw validationError(
      `Expected toolResult blocks at messages.${index}.content for the following Ids: ${open.join(', ')}`,
    )
}

/** Bedrock wraps errors of the model in this text. */
function modelError(message: string) {
  return validationError(`The model returned the following errors: ${message}`)
}

const maxCachePoints = 4

/**
 * Checks that the model accepts the cache points of a request.
 *
 * @throws {BedrockError} with Bedrock's text
 */
export function checkCachePoints({ toolConfig, system, messages }: ConverseRequest, model: Model): void {
  const blocks = [toolConfig?.tools ?? [], system ?? [], ...messages.map(({ content }) => content)].flat()
  const points = blocks.flatMap(({ cachePoint }) => cachePoint ?? [])
  if (points.length === 0) return
  if (model.cacheMinimumTokens === undefined)
    throw new BedrockError(
      'AccessDeniedException',
      'You invoked an unsupported model or your request did not allow prompt caching. See the documentation for more information.',
    )
  if (points.length > maxCachePoints)
    throw modelError(
      `A maximum of ${maxCachePoints} blocks with cache_control may be provided. Found ${points.length}.`,
    )
  const lifetimes = points.map(({ ttl = '5m' }) => ttl)
  if (lifetimes.includes('5m') && lifetimes.lastIndexOf('1h') > lifetimes.indexOf('5m'))
    throw modelError(
      "a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. Note that blocks are processed in the following order: `tools`, `system`, `messages`.",
    )
}

const knownAdditionalFields: ReadonlySet<string> = new Set(['thinking', 'output_config', 'anthropic_beta'])

/**
 * Checks the parameters that not all models accept.
 *
 * @throws {BedrockError} with Bedrock's text
 */
export function checkParameters(request: ConverseRequest, model: Model): void {
  const { inferenceConfig = {}, toolConfig, additionalModelRequestFields = {} } = request
  const { temperature, maxTokens } = inferenceConfig
  if (temperature !== undefined && !model.isBefore55)
    throw validationError('`temperature` is deprecated for this model.')
  if (maxTokens !== undefined && maxTokens > model.maxOutputTokens)
    throw validationError(
      `The maximum tokens you requested exceeds the model limit of ${model.maxOutputTokens}. Try again with a maximum tokens value that is lower than ${model.maxOutputTokens}.`,
    )
  const names = toolConfig?.tools.flatMap(({ toolSpec }) => toolSpec?.name ?? []) ?? []
  if (new Set(names).size < names.length) throw modelError('tools: Tool names must be unique.')
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
