import { redactText } from '@entra-agents/trace'
import type { JsonSchema7ObjectType } from '@langchain/core/utils/json_schema'
import { cleanText } from './clean-text.ts'
import { namesCredential } from './credential-names.ts'

/** A tool that cannot be offered. The message says why, as a clause: `its input is not an object`. */
export class UnfitTool extends Error {
  override readonly name = 'UnfitTool'
}

type Json = Readonly<Record<string, unknown>>

const maxSchemaCharacters = 8_192
const maxSchemas = 400
const maxDepth = 12
const maxTextCharacters = 500
const maxChoices = 200
const jsonTypes = new Set(['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'])
const numberKeys = [
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
] as const
/** What models accept as the name of an argument. */
const validName = /^[A-Za-z0-9_.-]{1,64}$/

/**
 * A tool's input schema as the model may get it, built anew from parts that are known to be harmless. References are
 * replaced by what they refer to, so that a limit of the size also limits what checking arguments costs. Regular
 * expressions are left out: whoever writes one decides how long a match takes.
 *
 * @throws UnfitTool
 */
export function readInputSchema(inputSchema: Json): JsonSchema7ObjectType {
  // Models do not accept alternatives for the input as a whole.
  const { anyOf: _any, oneOf: _one, allOf: _all, ...top } = inputSchema
  const schema = new SchemaReader(inputSchema).read(top, 0)
  if (schema['type'] !== 'object') throw new UnfitTool('its input is not an object')
  if (JSON.stringify(schema).length > maxSchemaCharacters)
    throw new UnfitTool('its input schema is too large')
  return { properties: {}, ...schema } as Json as JsonSchema7ObjectType
}

class SchemaReader {
  readonly #root: Json
  #schemas = 0

  constructor(root: Json) {
    this.#root = root
  }

  read(given: unknown, depth: number): Record<string, unknown> {
    this.#schemas += 1
    if (this.#schemas > maxSchemas || depth > maxDepth) throw new UnfitTool('its input schema is too large')
    if (given === false) throw new UnfitTool('its input schema has a part that nothing fits')
    const schema = isJson(given) ? given : {}
    // A part that is referred to often is read as often, so whatever it lists is limited before it is read.
    for (const list of [schema['type'], schema['enum'], schema['required']])
      if (Array.isArray(list) && list.length > maxSchemas)
        throw new UnfitTool('its input schema is too large')
    if (typeof schema['$ref'] === 'string') return this.read(this.#resolve(schema['$ref']), depth + 1)
    return {
      ...readType(schema),
      ...readDescription(schema),
      ...Object.fromEntries(
        numberKeys.flatMap(name => (Number.isFinite(schema[name]) ? [[name, schema[name]]] : [])),
      ),
      ...(Array.isArray(schema['enum']) ? { enum: readChoices(schema['enum']) } : {}),
      ...('const' in schema ? { enum: readChoices([schema['const']]) } : {}),
      ...('items' in schema ? { items: this.read(schema['items'], depth + 1) } : {}),
      ...this.#readProperties(schema, depth),
      ...Object.fromEntries(
        ['anyOf', 'oneOf', 'allOf'].flatMap(name => {
          const parts = schema[name]
          return Array.isArray(parts) && parts.length > 0
            ? [[name, parts.map(part => this.read(part, depth + 1))]]
            : []
        }),
      ),
    }
  }

  #readProperties(schema: Json, depth: number): Record<string, unknown> {
    const { properties, required, additionalProperties } = schema
    if (!isJson(properties)) return {}
    const read = Object.entries(properties).map(([name, inner]) => {
      if (!validName.test(name)) throw new UnfitTool('an argument has a name that models do not accept')
      if (namesCredential(name)) {
        throw new UnfitTool(`its argument ${name} asks for a credential`)
      }
      return [name, this.read(inner, depth + 1)] as const
    })
    return {
      properties: Object.fromEntries(read),
      ...(Array.isArray(required)
        ? { required: required.filter(name => typeof name === 'string' && Object.hasOwn(properties, name)) }
        : {}),
      ...(additionalProperties === false ? { additionalProperties } : {}),
    }
  }

  /** Resolves references within the schema only, such as `#/$defs/Place`. */
  #resolve(reference: string): unknown {
    const path = /^#\/(.+)$/.exec(reference)?.[1]?.split('/') ?? []
    const found = path.reduce<unknown>(
      (at, name) => (isJson(at) && Object.hasOwn(at, name) ? at[name] : undefined),
      path.length > 0 ? this.#root : undefined,
    )
    if (found === undefined) throw new UnfitTool('its input schema refers to what is not in it')
    return found
  }
}

function readType({ type }: Json): { type?: string | string[] } {
  if (typeof type === 'string' && jsonTypes.has(type)) return { type }
  if (!Array.isArray(type)) return {}
  const known = type.filter(one => typeof one === 'string' && jsonTypes.has(one))
  return known.length > 0 ? { type: known } : {}
}

function readDescription({ description, title }: Json): { description?: string } {
  const text = description ?? title
  return typeof text === 'string' && text !== ''
    ? { description: redactText(cleanText(text, maxTextCharacters)) }
    : {}
}

/** Keeps plain values, and refuses a tool with a text that needs cleaning: the server would not know the cleaned text. */
function readChoices(choices: readonly unknown[]): readonly unknown[] {
  const plain = choices.filter(choice => choice === null || typeof choice !== 'object')
  if (plain.length === 0 || plain.length > maxChoices) {
    throw new UnfitTool('an argument has choices that models do not accept')
  }
  if (plain.some(choice => typeof choice === 'string' && cleanText(choice, maxTextCharacters) !== choice)) {
    throw new UnfitTool('an argument has choices that cannot be read')
  }
  return plain
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
