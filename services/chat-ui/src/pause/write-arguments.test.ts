import { expect, it } from 'vitest'
import { writeArguments } from './write-arguments.ts'

it('the arguments of a call are written whole, as JSON', () => {
  const when = { kind: 'temperature-below', celsius: -5 }
  const values = { when, text: `\u202E${'x'.repeat(10_000)}`, ...JSON.parse('{"__proto__":"x"}') }
  expect(writeArguments(values)).toBe(JSON.stringify(values, null, 2))
})

it('arguments that nest deeply are written on one line', () => {
  let deep: unknown = 'end'
  for (let level = 0; level < 3_000; level += 1) deep = { a: deep }
  expect(writeArguments({ deep })).toBe(JSON.stringify({ deep }))
})
