import { describe, expect, it } from 'vitest'
import { showHidden } from './visible-text.ts'

describe('showHidden', () => {
  it.each([
    ['a mark that reverses the order', 'Oslo\u202Eolso', ['Oslo', { hidden: 'U+202E' }, 'olso']],
    ['a directional isolate', '\u2066a\u2069', [{ hidden: 'U+2066' }, 'a', { hidden: 'U+2069' }]],
    ['a zero-width space', 'a\u200Bb', ['a', { hidden: 'U+200B' }, 'b']],
    ['a control character', 'a\u0007', ['a', { hidden: 'U+0007' }]],
    ['a line break', 'a\nb', ['a', { hidden: 'line break' }, 'b']],
    ['a no-break space', 'a\u00A0b', ['a', { hidden: 'no-break space' }, 'b']],
    ['a tag character', `a${String.fromCodePoint(0xe0041)}`, ['a', { hidden: 'U+E0041' }]],
    ['a letter that is drawn blank', 'a\u3164', ['a', { hidden: 'U+3164' }]],
    ['a lone surrogate', 'a\uD83D', ['a', { hidden: 'U+D83D' }]],
  ])('replaces %s by its name or code', (_what, text, parts) => {
    expect(showHidden(text)).toEqual(parts)
  })

  it('leaves all other text unchanged', () => {
    const text = 'Zürich, −5 °C 🌧 東京 שלום'
    expect(showHidden(text)).toEqual([text])
  })
})
