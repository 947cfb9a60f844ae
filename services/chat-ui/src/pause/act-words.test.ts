import { expect, it } from 'vitest'
import { actWords } from './act-words.ts'

it.each([
  ['Create alert', 'Create alert', 'Don’t create'],
  ['Delete alert', 'Delete alert', 'Don’t delete'],
  ['send_mail', 'Run send_mail', 'Don’t run'],
  ['Don’t worry', 'Run Don’t worry', 'Don’t run'],
])('the buttons for “%s” say “%s” and “%s”', (title, doIt, leaveIt) => {
  expect(actWords(title)).toEqual({ doIt, leaveIt })
})
