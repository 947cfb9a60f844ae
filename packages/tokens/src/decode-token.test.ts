import { expect, it } from 'vitest'
import { decodeToken, fingerprint } from './decode-token.ts'

const encode = (text: string) => Buffer.from(text).toString('base64url')
const object = encode('{}')

it('A token is decoded into header and claims, with characters of all scripts', () => {
  const token = `${encode('{"alg":"RS256"}')}.${encode('{"name":"Zoë 李"}')}.c2ln`
  expect(decodeToken(token)).toEqual({ header: { alg: 'RS256' }, claims: { name: 'Zoë 李' } })
})

it.each([
  ['an empty text', ''],
  ['two parts', 'a.b'],
  ['an encrypted token of five parts', 'a.b.c.d.e'],
  ['a fourth part', `${object}.${object}.c2ln.c2ln`],
  [
    'bytes that are no UTF-8',
    `${object}.${Buffer.from('{"a":"\xff"}', 'latin1').toString('base64url')}.c2ln`,
  ],
  ['a byte order mark', `${object}.${encode('\ufeff{}')}.c2ln`],
  ['a part that is no base64url', `${object}.%%%.c2ln`],
  ['a part that is no JSON', `${object}.${encode('nope')}.c2ln`],
  ['claims that are a list', `${object}.${encode('[1]')}.c2ln`],
  ['claims that are null', `${object}.${encode('null')}.c2ln`],
  ['an empty signature', `${object}.${object}.`],
  ['padding', `${object}.${object}=.c2ln`],
  ['a signature with unused bits (another spelling of the same bytes)', `${object}.${object}.c2lnAB`],
  ['a length that no bytes have', `${object}.${object}.c2lnA`],
])('A malformed token is not decoded: %s', (_what, text) => {
  expect(decodeToken(text)).toBeUndefined()
})

it('A fingerprint is the first 12 hex digits of SHA-256', () => {
  expect(fingerprint('abc')).toBe('ba7816bf8f01')
})
