import { parseJson } from '@entra-agents/service-kit'
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import { BedrockError, validationError } from './bedrock-error.ts'

const Text = Type.Optional(Type.String())
const ToolUseBlock = Type.Object({ toolUseId: Type.String(), name: Type.String(), input: Type.Unknown() })
const ImageBlock = Type.Object({
  format: Type.Enum(['png', 'jpeg', 'gif', 'webp']),
  source: Type.Object({ bytes: Type.String({ minLength: 1 }) }),
})
const ToolResultBlock = Type.Object({
  toolUseId: Type.String(),
  content: Type.Array(
    Type.Object({ text: Text, json: Type.Optional(Type.Unknown()), image: Type.Optional(ImageBlock) }),
  ),
  status: Type.Optional(Type.Enum(['success', 'error'])),
})
export type ToolResultBlock = Static<typeof ToolResultBlock>

const CachePoint = Type.Object({
  type: Type.Literal('default'),
  ttl: Type.Optional(Type.Enum(['5m', '1h'])),
})
export type CachePoint = Static<typeof CachePoint>
const cachePoint = Type.Optional(CachePoint)

/** A union: exactly one member is set. Members that are not listed here, such as documents, are accepted. */
const ContentBlock = Type.Object({
  text: Text,
  cachePoint,
  image: Type.Optional(ImageBlock),
  toolUse: Type.Optional(ToolUseBlock),
  toolResult: Type.Optional(ToolResultBlock),
})

const Message = Type.Object({
  role: Type.Enum(['user', 'assistant']),
  content: Type.Array(ContentBlock),
})
export type Message = Static<typeof Message>

const Property = Type.Object({
  type: Type.Optional(Type.Unknown()),
  enum: Type.Optional(Type.Array(Type.Unknown())),
})
const InputSchema = Type.Object({
  properties: Type.Optional(Type.Record(Type.String(), Property)),
  required: Type.Optional(Type.Array(Type.String())),
})
const ToolSpec = Type.Object({
  name: Type.String({ pattern: '^[a-zA-Z0-9_-]{1,64}$' }),
  description: Type.Optional(Type.String({ minLength: 1 })),
  inputSchema: Type.Object({ json: InputSchema }),
})
export type ToolSpec = Static<typeof ToolSpec>

const ConverseRequest = Type.Object({
  messages: Type.Array(Message),
  system: Type.Optional(Type.Array(Type.Object({ text: Text, cachePoint }))),
  inferenceConfig: Type.Optional(
    Type.Object({
      maxTokens: Type.Optional(Type.Integer({ minimum: 1 })),
      temperature: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
    }),
  ),
  toolConfig: Type.Optional(
    Type.Object({
      tools: Type.Array(Type.Object({ toolSpec: Type.Optional(ToolSpec), cachePoint }), { minItems: 1 }),
    }),
  ),
  additionalModelRequestFields: Type.Optional(
    Type.Object({ thinking: Type.Optional(Type.Object({ type: Text })) }),
  ),
})
export type ConverseRequest = Static<typeof ConverseRequest>

/**
 * Parses the body of a Converse or ConverseStream call by its schema.
 *
 * @throws {BedrockError}
 */
export function parseConverseRequest(body: Uint8Array): ConverseRequest {
  const value = parseJson(Buffer.from(body).toString('utf8'))
  if (value === undefined)
    throw new BedrockError('SerializationException', 'The request body is not valid JSON.')
  if (Value.Check(ConverseRequest, value)) return value
  const faults = [...Value.Errors(ConverseRequest, value)].map(
    ({ instancePath, message }) =>
      `Value at '${instancePath.slice(1).replaceAll('/', '.') || 'body'}' failed to satisfy constraint: Member ${message}`,
  )
  throw validationError(
    `${faults.length} validation error${faults.length === 1 ? '' : 's'} detected: ${faults.join('; ')}`,
  )
}
