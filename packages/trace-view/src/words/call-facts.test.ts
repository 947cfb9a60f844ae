import { describe, expect, it } from 'vitest'
import { callFacts, tellAct, tellCallShortly } from './call-facts.ts'

const alert = { city: 'Oslo', when: { kind: 'temperature-below', celsius: -5 }, untilDate: '2026-12-04' }

describe('callFacts', () => {
  it('shows every value with its place among the arguments', () => {
    expect(callFacts(alert)).toEqual([
      { name: 'City', value: 'Oslo' },
      { name: 'When · kind', value: 'temperature-below' },
      { name: 'When · celsius', value: '-5' },
      { name: 'Until date', value: '2026-12-04' },
    ])
  })

  it('quotes a text that is empty, begins with a space or looks like a value of another type', () => {
    const values = callFacts({ a: '5', b: 5, c: '', d: null, e: ' x', f: [], g: {}, h: 'true' })
    expect(values.map(({ value }) => value)).toEqual(['"5"', '5', '""', 'null', '" x"', '[]', '{}', '"true"'])
  })

  it('shortens no value', () => {
    const text = 'x'.repeat(5_000)
    expect(callFacts({ text })[0]?.value).toBe(text)
  })

  it('does not reword two names if both would become the same', () => {
    expect(callFacts({ untilDate: 'a', until_date: 'b' }).map(({ name }) => name)).toEqual([
      'untilDate',
      'until_date',
    ])
  })

  it('numbers the items of a list, and limits the depth of nesting', () => {
    expect(callFacts({ tags: ['a', 'b'] }).map(({ name }) => name)).toEqual(['Tags · 1', 'Tags · 2'])
    let deep: unknown = 'end'
    for (let level = 0; level < 5_000; level += 1) deep = { a: deep }
    expect(callFacts({ deep })).toHaveLength(1)
  })

  it('shows a member named like a built-in property', () => {
    expect(callFacts(JSON.parse('{"__proto__":"x"}'))).toEqual([{ name: '__proto__', value: 'x' }])
  })
})

describe('tellCallShortly', () => {
  it('shows a call in one line', () => {
    expect(tellCallShortly('Create alert', alert)).toBe(
      'Create alert, Oslo, temperature-below, -5, 2026-12-04',
    )
  })
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
