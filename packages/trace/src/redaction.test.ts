import { describe, expect, it } from 'vitest'
import { redactText } from './redaction.ts'
import { orderOfGrowth } from './testing/cpu-time.ts'

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const token = `${encode({ alg: 'RS256', kid: 'k1' })}.${encode({ sub: 'ada' })}.c2lnbmF0dXJlLXNpZ25hdHVyZQ`

describe('redactText', () => {
  it.each([
    ['a JWT in a sentence', `could not use ${token}, sorry`, 'could not use ‹token removed›, sorry'],
    ['a JWT behind its scheme', `Authorization: Bearer ${token}`, 'Authorization: Bearer ‹token removed›'],
    ['an opaque bearer key', 'bearer ABSKQmVkcm9ja0FQSUtleS0xMjM0', 'bearer ‹removed›'],
    ['basic credentials', 'Basic dXNlcjpwYXNzd29yZC1wYXNz', 'Basic ‹removed›'],
    ['a token that was cut short', token.slice(0, 40), '‹token removed›'],
    ['two tokens in a row', `${token},${token}`, '‹token removed›,‹token removed›'],
    ['a JWE with its five parts, and no more', `${token}.tag.iv.sixth`, '‹token removed›.sixth'],
    ['a token behind dots and dashes', `..a-${token}`, '..a-‹token removed›'],
  ])('removes %s', (_what, text, redacted) => {
    expect(redactText(text)).toBe(redacted)
  })

  it('does not change ordinary words and ids', () => {
    const text = 'AADSTS65001: consent missing for bbbbbbbb-0000-4000-8000-00000000000b (basic plan)'
    expect(redactText(text)).toBe(text)
  })

  it.each(['eyJaaaaaaaa-', 'eyJ', 'eyJaaaaaaaa.', '.', 'Bearer '])(
    'takes linear time for a text made of “%s”',
    part => {
      const redact = (kib: number) => {
        const text = 'eyJ'.padEnd(kib * 1024, part)
        return () => redactText(text)
      }
      expect(orderOfGrowth(redact, 80)).toBeLessThan(1.5)
    },
  )
})
