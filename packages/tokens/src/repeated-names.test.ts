import { expect, it } from 'vitest'
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
  const [short, long] = [textOf(2_500), textOf(40_000)]
  const cpuOf = (text: string) => {
    const before = process.cpuUsage()
    expect(hasRepeatedNames(text)).toBe(false)
    const { user, system } = process.cpuUsage(before)
    return user + system
  }
  // The best of some rounds, which nothing else disturbed; less than a millisecond is noise.
  const rounds = Array.from({ length: 5 }, () => [cpuOf(short), cpuOf(long)] as const)
  const best = (which: 0 | 1) => Math.min(...rounds.map(round => round[which]))
  // A quadratic scan would take 256 times as long.
  expect(best(1)).toBeLessThan(64 * Math.max(best(0), 1_000))
})
