import { Type } from 'typebox'
import { Errors } from 'typebox/value'
import { expect, it } from 'vitest'
import { describeShapeFaults } from './shape-faults.ts'

it('Says of each member what its shape demands, once', () => {
  const Server = Type.Object(
    { url: Type.String(), flow: Type.Enum(['obo', 'autonomous']), tools: Type.Array(Type.String()) },
    { additionalProperties: false },
  )
  const faults = Errors(Type.Record(Type.String(), Server), {
    notes: { flow: 'both', tools: ['read', 7], ulr: 'http://localhost' },
    diary: 3,
  })
  expect(describeShapeFaults([...faults])).toMatchInlineSnapshot(`
    [
      "url is missing",
      "ulr is not known here",
      "notes.flow must be one of obo, autonomous",
      "notes.tools.1 must be string",
      "diary must be object",
    ]
  `)
})
