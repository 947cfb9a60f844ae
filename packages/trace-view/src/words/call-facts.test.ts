import { expect, it } from 'vitest'
import { callFacts, tellAct, tellCallShortly } from './call-facts.ts'

const alert = { city: 'Oslo', when: { kind: 'temperature-below', celsius: -5 }, untilDate: '2026-12-04' }
const long = 'x'.repeat(5_000)

// biome-ignore format: table
it.each<[what: string, values: Record<string, unknown>, facts: string[]]>([
  ['with its place among the arguments', alert, ['City: Oslo', 'When · kind: temperature-below', 'When · celsius: -5', 'Until date: 2026-12-04']],
  ['in quotes if it is empty, begins with a space or looks like another type', { a: '5', b: 5, c: '', d: null, e: ' x', f: [], g: {}, h: 'true' }, ['A: "5"', 'B: 5', 'C: ""', 'D: null', 'E: " x"', 'F: []', 'G: {}', 'H: "true"']],
  ['whole, however long it is', { text: long }, [`Text: ${long}`]],
  ['under its own name if two names would become the same', { untilDate: 'a', until_date: 'b' }, ['untilDate: a', 'until_date: b']],
  ['with its number in a list', { tags: ['a', 'b'] }, ['Tags · 1: a', 'Tags · 2: b']],
  ['even if its name is that of a built-in property', JSON.parse('{"__proto__":"x"}'), ['__proto__: x']],
])('each value of a call is shown %s', (_what, values, facts) => {
  expect(callFacts(values).map(({ name, value }) => `${name}: ${value}`)).toEqual(facts)
})

it('the depth of nesting in a call is limited', () => {
  let deep: unknown = 'end'
  for (let level = 0; level < 5_000; level += 1) deep = { a: deep }
  expect(callFacts({ deep })).toHaveLength(1)
})

it('a call is told in one line', () => {
  const line = 'Create alert, Oslo, temperature-below, -5, 2026-12-04'
  expect(tellCallShortly('Create alert', alert)).toBe(line)
})

it.each([
  ['Create alert', 'create an alert'],
  ['create_alert', 'create an alert'],
  ['Delete order', 'delete an order'],
  ['Send mail', 'send a mail'],
  ['Clear alerts', 'call Clear alerts'],
  ['send_mail_to_all', 'call send_mail_to_all'],
])('a call with the title “%s” is put into a sentence as “%s”', (title, words) => {
  expect(tellAct(title)).toBe(words)
})
