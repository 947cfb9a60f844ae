import { expect, it } from 'vitest'
import { hasValidHeaderArguments } from './header-arguments.ts'

const header = (name: unknown, type = 'string') => ({ type, 'x-mcp-header': name })
const withProperties = (properties: object, more: object = {}) => ({ type: 'object', properties, ...more })

it.each([
  ['no header', withProperties({ city: { type: 'string' } })],
  ['headers of properties', withProperties({ city: header('City'), days: header('Days', 'integer') })],
  ['a header of a nested property', withProperties({ place: withProperties({ city: header('City') }) })],
])('A tool may be offered if its input schema declares %s', (_what, schema) => {
  expect(hasValidHeaderArguments(schema)).toBe(true)
})

it.each([
  ['without a name', withProperties({ city: header('') })],
  ['whose name is no text', withProperties({ city: header(1) })],
  ['whose name holds a line break', withProperties({ city: header('City\r\nAuthorization') })],
  ['of a number with a fraction', withProperties({ size: header('Size', 'number') })],
  ['of an object', withProperties({ place: header('Place', 'object') })],
  ['of the whole input', withProperties({}, { 'x-mcp-header': 'All' })],
  ['that is declared twice', withProperties({ from: header('City'), to: header('city') })],
  ['of items', withProperties({ cities: { type: 'array', items: header('City') } })],
  ['behind a choice', withProperties({}, { anyOf: [withProperties({ city: header('City') })] })],
  ['behind a reference', withProperties({}, { $defs: { city: header('City') } })],
])('A tool must not be offered if its input schema declares a header %s', (_what, schema) => {
  expect(hasValidHeaderArguments(schema)).toBe(false)
})
