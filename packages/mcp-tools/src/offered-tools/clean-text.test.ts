import { describe, expect, it } from 'vitest'
import { cleanText } from './clean-text.ts'

const clean = (text: string) => cleanText(text, 1_000)
const codePoints = Array.from({ length: 0x110000 }, (_, code) => code)

describe('A server’s text, once cleaned,', () => {
  it('holds no character that a renderer may ignore according to Unicode', () => {
    const ignorable = codePoints
      .map(code => String.fromCodePoint(code))
      .filter(one => /\p{Default_Ignorable_Code_Point}/u.test(one))
    expect(ignorable.length).toBeGreaterThan(4_000)
    expect(ignorable.filter(one => clean(`a${one}b`) !== 'ab')).toEqual([])
  })

  it.each([
    ['blank Braille pattern', '\u2800'],
    ['filler of Hangul', '\u3164'],
    ['filler of Khitan', '\u{16fe4}'],
    ['note without head', '\u{1d159}'],
    ['control character', '\u0007'],
    ['half of a surrogate pair', '\ud800'],
    ['private character', '\ue000'],
    ['code point that is no character', '\ufffe'],
  ])('holds no unwanted character such as a %s', (_what, unseen) => {
    expect(clean(`a${unseen}b`)).toBe('ab')
  })

  it.each([
    ['lines and tabs', 'one\n\ttwo'],
    ['the emoji of a family', '👩‍👩‍👧'],
    ['an emoji with a skin colour', '🧑🏽‍🚀'],
    ['a red heart on fire', '❤️‍🔥'],
    ['the emoji of a key', '1️⃣'],
    ['Persian', 'می‌خواهم'],
    ['Hindi', 'क्‍ष'],
    ['Sinhala', 'ශ්‍රී'],
    ['accents as separate characters', 'Zürich'],
  ])('keeps %s', (_what, text) => {
    expect(clean(text)).toBe(text)
  })

  it.each([
    ['joiners in a row', 'می\u200c\u200d\u200cخواهم', 'میخواهم'],
    ['joiner between Latin letters', 'ad\u200dmin', 'admin'],
    ['variation selectors in a row', '❤\ufe0f\ufe01\u{e0101}', '❤\ufe0f'],
    ['tags behind a flag', '🏴\u{e0067}\u{e0062}\u{e007f}', '🏴'],
  ])('loses %s, which could carry a hidden message', (_what, text, cleaned) => {
    expect(clean(text)).toBe(cleaned)
  })

  it('is cut to the given number of characters', () => {
    expect(cleanText('🌧'.repeat(20), 10)).toBe(`${'🌧'.repeat(9)}…`)
  })
})
