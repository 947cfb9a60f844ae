import { expect, it } from 'vitest'
import { tellAct, tellArguments } from './call-facts.ts'

it('of the arguments of a call, only texts and numbers are told, without their names', () => {
  const alert = { city: 'Oslo', when: { kind: 'temperature-below' }, days: 7, note: null, tags: ['a'] }
  expect(tellArguments(alert)).toBe('Oslo, 7')
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
