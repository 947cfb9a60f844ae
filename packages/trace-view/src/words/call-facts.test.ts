import { expect, it } from 'vitest'
import { tellAct, tellValues } from './call-facts.ts'

const alert = { city: 'Oslo', when: { kind: 'temperature-below', celsius: -5 }, tags: [null, ''] }

it('the values of a call are told without their names', () => {
  expect(tellValues(alert)).toBe('Oslo, temperature-below, -5, null, ')
})

it('values that nest deeply are told as JSON', () => {
  let deep: unknown = 'end'
  for (let level = 0; level < 3_000; level += 1) deep = { a: deep }
  expect(tellValues({ deep })).toHaveLength(JSON.stringify({ deep }).length - '{"deep":}'.length - 6 * 6)
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
