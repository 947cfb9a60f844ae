import { describe, expect, it } from 'vitest'
import { decodeToken, fingerprint } from './decode-token.ts'

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

describe('decodeToken', () => {
  it('decodes header and claims, with characters of all scripts', () => {
    const token = `${encode({ alg: 'RS256' })}.${encode({ name: 'Zoë 李' })}.c2ln`
    expect(decodeToken(token)).toEqual({ header: { alg: 'RS256' }, claims: { name: 'Zoë 李' } })
  })

  it.each([
    ['an empty text', ''],
    ['two parts', 'a.b'],
    ['an encrypted token of five parts', 'a.b.c.d.e'],
    ['a fourth part', `${encode({})}.${encode({})}.c2ln.c2ln`],
    [
      'bytes that are no UTF-8',
      `${encode({})}.${Buffer.from('{"a":"\xff"}', 'latin1').toString('base64url')}.c2ln`,
    ],
    ['a byte order mark', `${encode({})}.${Buffer.from('\ufeff{}').toString('base64url')}.c2ln`],
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
  ])('refuses a malformed token: %s', (_what, text) => {
    expect(decodeToken(text)).toBeUndefined()
  })
})

describe('fingerprint', () => {
  it('is the first 12 hex digits of SHA-256', () => {
    expect(fingerprint('abc')).toBe('ba7816bf8f01')
  })
})
