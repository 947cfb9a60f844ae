import { describe, expect, it } from 'vitest'
import { showHidden, spellOutDirections, spellOutHidden } from './visible-text.ts'

describe('showHidden', () => {
  it.each([
    ['a mark that reverses the order', 'Oslo\u202Eolso', ['Oslo', { hidden: '‹U+202E›' }, 'olso']],
    ['a directional isolate', '\u2066a\u2069', [{ hidden: '‹U+2066›' }, 'a', { hidden: '‹U+2069›' }]],
    ['a zero-width space', 'a\u200Bb', ['a', { hidden: '‹U+200B›' }, 'b']],
    ['a control character', 'a\u0007', ['a', { hidden: '‹U+0007›' }]],
    ['a line break', 'a\nb', ['a', { hidden: '‹line break›' }, 'b']],
    ['a no-break space', 'a\u00A0b', ['a', { hidden: '‹no-break space›' }, 'b']],
    ['a tag character', `a${String.fromCodePoint(0xe0041)}`, ['a', { hidden: '‹U+E0041›' }]],
    ['a letter that is drawn blank', 'a\u3164', ['a', { hidden: '‹U+3164›' }]],
    ['a lone surrogate', 'a\uD83D', ['a', { hidden: '‹U+D83D›' }]],
  ])('replaces %s by its name or code', (_what, text, parts) => {
    expect(showHidden(text)).toEqual(parts)
  })

  it('leaves all other text unchanged', () => {
    const text = 'Zürich, −5 °C 🌧 東京 שלום'
    expect(showHidden(text)).toEqual([text])
  })
})

it('spellOutHidden writes the same names into the text', () => {
  expect(spellOutHidden('a\u202E\n\u200Bb')).toBe('a‹U+202E›‹line break›‹U+200B›b')
})

describe('spellOutDirections', () => {
  it('replaces every character that changes the reading direction', () => {
    const marks = ['\u061C', '\u200E', '\u200F', '\u202A', '\u202B', '\u202C', '\u202D', '\u202E']
    const isolates = ['\u2066', '\u2067', '\u2068', '\u2069']
    for (const control of [...marks, ...isolates])
      expect(spellOutDirections(`a${control}b`)).toMatch(/^a‹U\+[0-9A-F]{4}›b$/)
  })

  it('leaves all other text unchanged', () => {
    const text = 'two\nlines,\ta\u00A0tab, 👩‍💻, שלום, مرحبا'
    expect(spellOutDirections(text)).toBe(text)
  })
})
