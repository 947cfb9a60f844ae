/** A piece of a text: as it is, or the name of a character that nobody would see. */
export type TextPart = string | { readonly hidden: string }

/** Controls, marks of direction, characters without a picture, and spaces and breaks that look like another or like none. */
const unseen = /([\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|[^\S ])/u

const names: Readonly<Record<string, string>> = {
  '\n': 'line break',
  '\t': 'tab',
  '\u00A0': 'no-break space',
}

/** A text with all that would hide in it, or turn its order around, shown by name. */
export function showHidden(text: string): TextPart[] {
  // What a group of the pattern matched stands between what is split by it.
  const parts = text.split(unseen).map((part, index) => (index % 2 === 0 ? part : { hidden: nameOf(part) }))
  return parts.filter(part => part !== '')
}

/** The same in one piece. */
export function withoutHidden(text: string): string {
  return showHidden(text)
    .map(part => (typeof part === 'string' ? part : `[${part.hidden}]`))
    .join('')
}

function nameOf(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
  return names[character] ?? `U+${code}`
}
