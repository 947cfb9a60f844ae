import { describeShapeFaults } from '@entra-agents/service-kit'
import type { Static, TSchema } from 'typebox'
import { Settings } from 'typebox/system'
import { Check, Errors } from 'typebox/value'

export type Fault = (sentence: string) => void

const longestList = 20

/** Names after a verb, in words. */
export function list(names: readonly string[], verb: string): string {
  const more = names.length - longestList
  const shown = names.slice(0, longestList).join(', ') || 'none'
  return `${verb} ${shown}${more > 0 ? ` and ${more} more` : ''}`
}

/** A text in quotation marks. */
export function quote(text: string): string {
  return JSON.stringify(text)
}

/** Checks the shape of a value, and tells each fault in words. */
export function hasShape<Shape extends TSchema>(
  shape: Shape,
  value: unknown,
  title: string,
  fault: Fault,
): value is Static<Shape> {
  if (Check(shape, value)) return true
  // TypeBox reports eight errors only, unless it is told otherwise.
  const { maxErrors } = Settings.Get()
  Settings.Set({ maxErrors: 1_000 })
  const errors = Errors(shape, value)
  Settings.Set({ maxErrors })
  for (const words of errors.flatMap(error => describeFault(shape, error))) fault(`${title}: ${words}`)
  return false
}

type ShapeFault = Parameters<typeof describeShapeFaults>[0][number] & { readonly schemaPath: string }
interface Schema {
  readonly description?: string
  readonly properties?: object
}

function describeFault(shape: TSchema, error: ShapeFault): readonly string[] {
  const { keyword, schemaPath, instancePath } = error
  // Of a choice between two shapes it is only told what it may be: nobody knows which of them was meant.
  if (schemaPath.includes('/anyOf/')) return []
  const { description, properties = {} } = schemaPath
    .split('/')
    .slice(1)
    .reduce<Schema>((schema, key) => (schema as Record<string, Schema>)[key] ?? {}, shape)
  const member = instancePath.slice(1).replaceAll('/', '.')
  if (keyword === 'type' && member === '') return ['it must be a mapping']
  if (keyword === 'anyOf') return [`${member} must be ${description}`]
  const { additionalProperties = [] } = error.params as { additionalProperties?: readonly string[] }
  const known = list(Object.keys(properties), 'is')
  return keyword === 'additionalProperties'
    ? additionalProperties.map(
        key => `${[member, quote(key)].filter(Boolean).join('.')} is not known here; what is known ${known}`,
      )
    : describeShapeFaults([error]).map(words =>
        keyword === 'required' && member ? `${member}.${words}` : words,
      )
}
