import { type TProperties, Type } from 'typebox'

/** The schema of an object that may have only these members. */
export function strictObject<Properties extends TProperties>(properties: Properties) {
  return Type.Object(properties, { additionalProperties: false })
}
