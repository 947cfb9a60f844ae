/** A piece of a text: as it is, or the name of a character that nobody would see. */
export type TextPart = string | { readonly hidden: string }

/** Controls, marks of direction, characters without a picture, and spaces and breaks that look like another or like none. */
const unseen = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|[^\S ]/u

const names: Readonly<Record<string, string>> = {
  '\n': 'line break',
  '\t': 'tab',
  '\u00A0': 'no-break space',
}

/** A text with all that would hide in it, or turn its order around, shown by name. */
export function showHidden(text: string): TextPart[] {
  const parts: TextPart[] = []
  let plain = ''
  for (const character of text) {
    if (!unseen.test(character)) {
      plain += character
      continue
    }
    if (plain !== '') parts.push(plain)
    plain = ''
    parts.push({ hidden: nameOf(character) })
  }
  return plain === '' ? parts : [...parts, plain]
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
