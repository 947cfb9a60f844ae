import { expect, it } from 'vitest'
import { wantedContexts } from './step-up.ts'

it.each([
  ['{"access_token":{"acrs":{"essential":true,"value":"c1"}}}', ['c1']],
  ['{"access_token":{"acrs":{"values":["c1","c2",3]}}}', ['c1', 'c2']],
  ['{"access_token":{"nbf":{"value":"1"}}}', []],
  ['null', []],
  ['no JSON', []],
  [undefined, []],
])('the challenge %s wants the contexts %j', (challenge, contexts) => {
  expect(wantedContexts(challenge)).toEqual(contexts)
})
