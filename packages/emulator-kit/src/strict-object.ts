import { type TProperties, Type } from 'typebox'

/** The schema of an object that has no other members than these. */
export function strictObject<Properties extends TProperties>(properties: Properties) {
  return Type.Object(properties, { additionalProperties: false })
}
