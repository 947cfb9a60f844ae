import { expect, it } from 'vitest'
import { readBearerToken } from './bearer-token.ts'

it.each(['Bearer', 'Bearer ', 'Bearer a b', 'Bearer a!'])('%j holds no token, and says so', header => {
  expect(() => readBearerToken([header])).toThrow('The Authorization header does not hold one JWT.')
})

it('A scheme that only begins like Bearer is another scheme', () => {
  expect(() => readBearerToken(['Bearers e30.e30.e30'])).toThrow('does not use the scheme Bearer')
})
