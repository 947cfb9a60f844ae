import { orderCall } from '@entra-agents/trace-view/testing/waiting'
import { expect, it } from 'vitest'
import { hasOwnWords } from './own-words.ts'

const [title] = orderCall.sentence

it.each([
  ['its title and arguments', orderCall.sentence, false],
  ['its title and arguments, cut', [...orderCall.sentence, { text: '…' }], false],
  ['other words', [{ text: 'Order ' }, { value: 'skis' }], true],
  ['its title and other words', [...(title ? [title] : []), { text: ' for ' }, { value: 'Ada' }], true],
])('A sentence that is %s', (_what, sentence, isOwn) => {
  expect(hasOwnWords({ ...orderCall, sentence })).toBe(isOwn)
})
