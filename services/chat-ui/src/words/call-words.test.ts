import { expect, it } from 'vitest'
import { tellAct } from './call-words.ts'

it.each([
  ['Create alert', 'create an alert'],
  ['create_alert', 'create an alert'],
  ['Delete order', 'delete an order'],
  ['Send mail', 'send a mail'],
  ['Clear alerts', 'call Clear alerts'],
  ['send_mail_to_all', 'call send_mail_to_all'],
])('%s is told as “%s”', (title, words) => {
  expect(tellAct(title)).toBe(words)
})
