import { expect, it } from 'vitest'
import { readBearerToken } from './bearer-token.ts'

it.each(['Bearer', 'Bearer ', 'Bearer a b', 'Bearer a!'])('The header %j is refused as malformed', header => {
  expect(() => readBearerToken([header])).toThrow('The Authorization header does not hold one JWT.')
})

// biome-ignore format: table
it.each<[string, readonly string[], string | undefined, string]>([
  ['no header', [], undefined, 'The request has no Authorization header.'],
  ['an empty header', [''], undefined, 'The request has no Authorization header.'],
  ['two headers', ['Bearer e30.e30.e30', 'Bearer e30.e30.e30'], 'format', 'The request has more than one Authorization header.'],
  ['another scheme that ends like Bearer', ['NoBearer e30.e30.e30'], undefined, 'The Authorization header does not use the scheme Bearer.'],
])('A request with %s is refused, and the message says why', (_what, headers, failedCheck, message) => {
  expect(() => readBearerToken(headers)).toThrow(expect.objectContaining({ failedCheck, message }))
})

it('A scheme that only begins like Bearer is another scheme', () => {
  expect(() => readBearerToken(['Bearers e30.e30.e30'])).toThrow('does not use the scheme Bearer')
})
