import { expect, it } from 'vitest'
import { readKeyId } from './token-header.ts'

const tokenWith = (header: object) => `${Buffer.from(JSON.stringify(header)).toString('base64url')}.e30.e30`

it.each([{}, { kid: '' }, { kid: 7 }])('A token whose header names no key is refused: %j', header => {
  expect(() => readKeyId(tokenWith({ alg: 'RS256', ...header }))).toThrow('The token names no key (kid).')
})

it.each(['\ud800', 'a b', '%', '\u0000', 'é', 'a'.repeat(129)])('The key id %j is refused', kid => {
  expect(() => readKeyId(tokenWith({ alg: 'RS256', kid }))).toThrow('a key that no issuer publishes')
})

it.each(['-KI3Q9nNR7bRofxmeZoXqbHZGew', 'key.1~2', 'a'.repeat(128)])('The key id %j is accepted', kid => {
  expect(readKeyId(tokenWith({ alg: 'RS256', kid }))).toBe(kid)
})
