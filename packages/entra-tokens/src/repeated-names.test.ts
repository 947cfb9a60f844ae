import { expect, it } from 'vitest'
import { cpuRatio } from '../../service-kit/src/testing/cpu-time.ts'
import { hasRepeatedNames } from './repeated-names.ts'

it.each([
  '{"a":1,"a":1}',
  '{"a":1,"b":{},"a":[]}',
  '{"a":{"b":1,"b":2}}',
  '{"x":[[{"a":1},{"b":1,"b":2}]]}',
  '{"\\u0061":1,"a":2}',
  '{"\\"":1,"\\u0022":2}',
  '{"":1,"":2}',
  '{"__proto__":1,"__proto__":2}',
  '{ "a" : 1 ,\n\t"a"\r\n: 2 }',
  '{"a\\\\":1,"a\\\\":2}',
])('An object of %s has a name twice', text => {
  expect(JSON.parse(text)).toBeDefined()
  expect(hasRepeatedNames(text)).toBe(true)
})

it.each([
  '{}',
  '{"a":"a","b":"b"}',
  '{"a":{"a":{"a":1}}}',
  '{"a":[{"b":1},{"b":2}]}',
  '{"a":"\\"a\\":1,\\"a\\":","A":"{\\"b\\":1","b":"}"}',
  '{"a":["a","a","b"],"c":"a"}',
  '{"a\\\\":1,"a":2}',
  '{"1":0,"01":0}',
])('No object of %s has a name twice', text => {
  expect(JSON.parse(text)).toBeDefined()
  expect(hasRepeatedNames(text)).toBe(false)
})

it.each([
  ['an unfinished name', (n: number) => `{"a":"${'\\\\"'.repeat(n)}"}`],
  ['spaces', (n: number) => `{"a"${' '.repeat(n)}:["b"${' '.repeat(n)}]}`],
  ['objects', (n: number) => `{"a":[${'{"b":1},'.repeat(n)}0]}`],
  ['nesting', (n: number) => `${'{"a":'.repeat(n)}1${'}'.repeat(n)}`],
])('A text of much %s takes no more than linear time', (_what, textOf) => {
  const readerOf = (n: number) => () => {
    for (let round = 0; round < 20; round += 1) expect(hasRepeatedNames(textOf(n))).toBe(false)
  }
  // A quadratic scan would take 256 times as long.
  expect(cpuRatio(readerOf(80_000), readerOf(5_000))).toBeLessThan(64)
})
