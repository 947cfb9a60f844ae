import { expect, it } from 'vitest'
import { buttonLabels } from './button-labels.ts'

it.each([
  ['Create alert', 'Create alert', 'Don’t create'],
  ['Delete alert', 'Delete alert', 'Don’t delete'],
  ['send_mail', 'Run send_mail', 'Don’t run'],
  ['Don’t worry', 'Run Don’t worry', 'Don’t run'],
])('the buttons for the call “%s” say “%s” and “%s”', (title, doIt, leaveIt) => {
  expect(buttonLabels(title)).toEqual({ doIt, leaveIt })
})
