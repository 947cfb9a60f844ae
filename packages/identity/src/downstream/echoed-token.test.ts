import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { holdsToken, redactBody } from './echoed-token.ts'

const tokenPart = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const signature = randomBytes(256).toString('base64url')
const token = [tokenPart({ alg: 'RS256' }), tokenPart({ oid: 'ada', tid: 'contoso' }), signature].join('.')
const userToken = [
  tokenPart({ alg: 'RS256' }),
  tokenPart({ oid: 'ben' }),
  randomBytes(256).toString('base64url'),
].join('.')

/** Text that looks like a signature. */
const otherText = randomBytes(30_000).toString('base64url')
const percentEncode = (text: string) => Buffer.from(text).toString('hex').replace(/../g, '%$&')
const piecesOf = (text: string, length: number) => text.match(new RegExp(`.{1,${length}}`, 'g')) ?? []

describe('A response', () => {
  it.each<[string, unknown]>(
    // biome-ignore format: table
    [
      ['as it is', { told: `xx${token}` }],
      ['by its signature alone', { told: signature }],
      ['by a part of its signature', { told: `It contains ${signature.slice(100, 160)}.` }],
      ['of the user', { told: userToken }],
      ['behind a long text', { told: `${'It is sunny. '.repeat(10_000)}${signature.slice(100, 160)}` }],
      ['with a hyphen between all characters', { told: [...token].join('-') }],
      ['in the members of an object', { told: Object.fromEntries(piecesOf(signature, 10).entries()) }],
      ['as a name', { [signature]: true }],
      ['in pieces of three characters', { told: piecesOf(signature, 3) }],
      ['between others that look alike', { told: `${otherText.slice(0, 20_000)}${signature.slice(100, 160)}${otherText.slice(20_000)}` }],
      ['in percent-encoding', { told: percentEncode(token) }],
      ['with every other character in percent-encoding', { told: [...token].map((one, index) => (index % 2 ? one : percentEncode(one))).join('') }],
      ['as it is, behind percent signs', { told: `100 % ${signature}` }],
    ],
  )('holds the sent token (in this form: %s)', (_form, body) => {
    expect(holdsToken(body, [token, userToken])).toBe(true)
    expect(holdsToken(body, [])).toBe(false)
  })

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['numbers', { count: 7, list: [1, 2, 3], none: null }],
    ['the claims of the token, no secrets', { oid: 'ada', tid: 'contoso', payload: token.split('.')[1] }],
    [
      'another token',
      { told: [tokenPart({}), tokenPart({}), randomBytes(256).toString('base64url')].join('.') },
    ],
    ['a long text', { told: 'Order 7 has left the house, in 21 parcels. '.repeat(1_000) }],
    ['long digits', { told: '0123456789abcdef'.repeat(1_000) }],
    ['bytes', { image: randomBytes(1_000) }],
    ['texts that look like signatures', { told: otherText }],
    ['the token behind too much text', { told: `${'It is 21 Degrees. '.repeat(60_000)}${signature}` }],
  ])('passes the check for the sent token if its content is %s', (_what, body) => {
    expect(holdsToken(body, [token, userToken])).toBe(false)
  })

  it('holds the sent token only if the token’s signature has at least 40 characters', () => {
    const short = 'a1B'.repeat(13)
    expect(holdsToken(`${short}c`, [`e30.e30.${short}c`])).toBe(true)
    expect(holdsToken(short, [`e30.e30.${short}`])).toBe(false)
    expect(holdsToken(short.slice(0, 12), [`e30.e30.${short}c`])).toBe(true)
    expect(holdsToken(short.slice(0, 11), [`e30.e30.${short}c`])).toBe(false)
  })

  it('holds the sent token if the percent signs between its characters look like percent-encoding', () => {
    const digits = 'a1B2'.repeat(20)
    expect(holdsToken(piecesOf(digits, 2).join('%'), [`e30.e30.${digits}`])).toBe(true)
  })

  it('holds the sent token however deep the token is nested', () => {
    const deep: unknown = JSON.parse(`${'['.repeat(100_000)}"${signature}"${']'.repeat(100_000)}`)
    expect(holdsToken(deep, [token])).toBe(true)
  })
})

describe('A response from which tokens are removed', () => {
  it('keeps its shape', () => {
    const bytes = randomBytes(4)
    expect(redactBody({ list: [1, null, `Bearer ${token}`], [token]: true, bytes })).toEqual({
      list: [1, null, 'Bearer ‹token removed›'],
      '‹token removed›': true,
      bytes,
    })
  })

  it('is returned as it is if nothing looks like a token', () => {
    for (const body of [{ list: [1, null, 'a text'] }, randomBytes(4), null, 7, 'a text'])
      expect(redactBody(body)).toBe(body)
  })

  it.each([
    ['lists', '[', ']'],
    ['objects', '{"a":', '}'],
  ])('is cut off 100 levels deep in nested %s, and not before', (_what, open, close) => {
    const nested = (depth: number) =>
      redactBody(JSON.parse(`${open.repeat(depth)}"Bearer ${token}"${close.repeat(depth)}`))
    expect(JSON.stringify(nested(101))).toContain('"Bearer ‹token removed›"')
    expect(JSON.stringify(nested(102))).toContain('"‹too deep›"')
  })

  it('is cut off 100 levels deep even if it has 100,000 levels', () => {
    const deep: unknown = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`)
    expect(JSON.stringify(redactBody(deep))).toContain('‹too deep›')
  })
})
