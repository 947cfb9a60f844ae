import { describe, expect, it } from 'vitest'
import { decodeJwt, fingerprint } from './jwt.ts'

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
    ['a part that is no base64url', `${encode({})}.%%%.c`],
    ['a part that is no JSON', `${encode({})}.${Buffer.from('nope').toString('base64url')}.c`],
    ['claims that are a list', `${encode({})}.${encode([1])}.c`],
    ['claims that are null', `${encode({})}.${encode(null)}.c`],
  ])('refuses %s', (_what, text) => {
    expect(decodeJwt(text)).toBeUndefined()
  })
})

describe('fingerprint', () => {
  it('is the first 12 hex digits of SHA-256', async () => {
    expect(await fingerprint('abc')).toBe('ba7816bf8f01')
  })
})
