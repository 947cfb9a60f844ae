import { describe, expect, it } from 'vitest'
import { decodeJwt, fingerprint, readNumericDate } from './jwt.ts'

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

describe('decodeJwt', () => {
  it('takes header and claims apart, with any letters of the world', () => {
    const token = `${encode({ alg: 'RS256' })}.${encode({ name: 'Zoë 李' })}.c2ln`
    expect(decodeJwt(token)).toEqual({ header: { alg: 'RS256' }, claims: { name: 'Zoë 李' } })
  })

  it.each([
    ['an empty text', ''],
    ['two parts', 'a.b'],
    ['an encrypted token of five parts', 'a.b.c.d.e'],
    ['a part that is no base64url', `${encode({})}.%%%.c2ln`],
    ['a part that is no JSON', `${encode({})}.${Buffer.from('nope').toString('base64url')}.c2ln`],
    ['claims that are a list', `${encode({})}.${encode([1])}.c2ln`],
    ['claims that are null', `${encode({})}.${encode(null)}.c2ln`],
    ['an empty signature', `${encode({})}.${encode({})}.`],
    ['padding', `${encode({})}.${encode({})}=.c2ln`],
    [
      'a signature whose last bits are set (another spelling of the same bytes)',
      `${encode({})}.${encode({})}.c2lnAB`,
    ],
    ['a length that no bytes have', `${encode({})}.${encode({})}.c2lnA`],
  ])('refuses %s', (_what, text) => {
    expect(decodeJwt(text)).toBeUndefined()
  })
})

describe('fingerprint', () => {
  it('is the first 12 hex digits of SHA-256', async () => {
    expect(await fingerprint('abc')).toBe('ba7816bf8f01')
  })
})

describe('readNumericDate', () => {
  it('reads seconds since 1970, fractions included', () => {
    expect(readNumericDate(1_700_000_000.5)).toBe(1_700_000_000.5)
  })

  it.each([-1, -1e308, 1e308, Number.NaN, Number.POSITIVE_INFINITY, '1700000000', null, undefined])(
    'takes %s for no date',
    value => {
      expect(readNumericDate(value)).toBeUndefined()
    },
  )
})
