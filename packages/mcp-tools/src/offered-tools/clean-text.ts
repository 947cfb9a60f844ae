/** Scripts whose spelling needs joiners between letters, such as Persian “می‌خواهم” and Sinhala “ශ්‍රී”. */
const joiningScripts = [
  ...['Arabic', 'Syriac', 'Nko', 'Mongolian', 'Devanagari', 'Bengali', 'Gurmukhi', 'Gujarati', 'Oriya'],
  ...['Tamil', 'Telugu', 'Kannada', 'Malayalam', 'Sinhala', 'Khmer', 'Myanmar', 'Tibetan', 'Javanese'],
]
  .map(script => `\\p{Script=${script}}`)
  .join('')

/**
 * Invisible characters that are kept because a reader sees their effect: each stands alone beside visible characters whose
 * look it changes. Sequences could spell out a hidden text, so tags and all variation selectors but U+FE0F are removed:
 * the flag of Scotland becomes a black flag, and a rare form of a Chinese character becomes its usual form.
 */
const charactersSeenByEffect = [
  '\\n|\\t',
  '(?<=\\p{Extended_Pictographic}\\p{Emoji_Modifier}?\\ufe0f?)\\u200d(?=\\p{Extended_Pictographic})',
  '(?<=\\p{Extended_Pictographic})\\ufe0f',
  '(?<=[0-9#*])\\ufe0f(?=\\u20e3)',
  `(?<=[${joiningScripts}])[\\u200c\\u200d](?=[${joiningScripts}])`,
].join('|')

/**
 * Characters that render as nothing and so can hide instructions from a reader: control, format and private characters, all
 * that Unicode lets a renderer ignore, and the few that are drawn blank though they are no spaces.
 */
const invisibleCharacter =
  '[\\p{Cc}\\p{Cf}\\p{Co}\\p{Cs}\\p{Noncharacter_Code_Point}\\p{Default_Ignorable_Code_Point}\\u{2800}\\u{16fe4}\\u{1d159}]'
const unseenCharacters = new RegExp(`(?=${invisibleCharacter})(?!${charactersSeenByEffect}).`, 'gsu')

/** A text without invisible characters, except those whose effect a reader sees. */
export function removeUnseenCharacters(text: string): string {
  return text.replace(unseenCharacters, '')
}

/** A server's text as it may be shown, cut to this many characters. */
export function cleanText(text: string, maxCharacters: number): string {
  const cleaned = removeUnseenCharacters(text.slice(0, 4 * maxCharacters))
  const characters = [...cleaned.slice(0, 2 * maxCharacters + 2)]
  return characters.length <= maxCharacters ? cleaned : `${characters.slice(0, maxCharacters - 1).join('')}…`
}
