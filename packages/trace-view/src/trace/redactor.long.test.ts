import { orderOfGrowth } from '@entra-agents/trace/testing/cpu-time'
import { expect, it } from 'vitest'
import { step, userToken } from '../testing/trace.ts'
import { partsOfNames } from './parts-of-names.ts'
import { redactorFor } from './redactor.ts'

it.each<[what: string, text: string, name: (number: number) => string]>([
  ['different names', 'Person 7 and Person 8, Ada Osei. ', number => `Person ${number}`],
  ['names that begin alike', 'a a a a a a a a a a a a a a a a ', number => `${'a '.repeat(number % 200)}b`],
  ['names that end alike', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', number => `b${'a'.repeat(number % 200)}`],
  [
    'names in one long word',
    '我是王伟大学'.repeat(5),
    number => `王伟${String.fromCodePoint(0x4e00 + number)}`,
  ],
])('The redactor takes time in proportion to a report, even if it is made of %s', (_what, text, name) => {
  const hide = (size: number) => {
    const claimsOf = (number: number) => ({
      name: name(number),
      oid: `${number}-oid`,
      upn: `${number}@a.example`,
    })
    const steps = Array.from({ length: size }, (_, number) =>
      step(`${number}`, { title: text.repeat(8), token: { ...userToken, claims: claimsOf(number) } }),
    )
    return () => {
      const redactor = redactorFor(steps, partsOfNames)
      redactor.steps(steps)
      redactor.text(text.repeat(size * 8))
    }
  }
  expect(orderOfGrowth(hide, 625)).toBeLessThan(1.5)
})
