import { expect, it } from 'vitest'
import { readToken } from './token.ts'

it.each([
  ['as it is', 'e.y.J'],
  ['with line breaks around it', '\r\ne.y.J\n'],
  ['in quotes, as the Azure CLI prints JSON', '"e.y.J"\n'],
  ['as a header has it', 'Authorization: Bearer e.y.J'],
  ['with Bearer before it, in quotes', "'Bearer e.y.J'"],
  ['as the JSON that the Azure CLI prints', '{\n  "accessToken": "e.y.J",\n  "expires_on": 1\n}\n'],
  ['with a byte order mark', '\ufeffe.y.J'],
])('reads a token that is given %s', (_how, text) => {
  expect(readToken(text)).toBe('e.y.J')
})
