import { expect, it } from 'vitest'
import { readKeyId } from './token-header.ts'

const tokenWith = (header: object) => `${Buffer.from(JSON.stringify(header)).toString('base64url')}.e30.e30`

it.each([{}, { kid: '' }, { kid: 7 }])('A token with %j names no key, and that is what is told', header => {
  expect(() => readKeyId(tokenWith({ alg: 'RS256', ...header }))).toThrow('The token names no key (kid).')
})
