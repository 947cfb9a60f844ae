import { expect, it } from 'vitest'
import { writeArguments } from './write-arguments.ts'

it('arguments that nest deeply are written on one line', () => {
  let deep: unknown = 'end'
  for (let level = 0; level < 3_000; level += 1) deep = { a: deep }
  expect(writeArguments({ deep })).toBe(JSON.stringify({ deep }))
})
