/** A piece of a text: unchanged, or the name of an invisible character. */
export type TextPart = string | { readonly hidden: string }

/** Control and direction characters, characters without a glyph, and spaces and breaks that are invisible or look like others. */
const unseen = /([\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|[^\S ])/u

/** Characters that change the direction in which text is read, and with it what the text seems to say. */
const directionControls = /\p{Bidi_Control}/gu

const characterNames: Readonly<Record<string, string>> = {
  '\n': 'line break',
  '\t': 'tab',
  '\u00A0': 'no-break space',
}

/** A text in which characters that are invisible or change the reading direction are shown by name. */
export function showHidden(text: string): TextPart[] {
  // `split` puts the match of the pattern's group between the pieces.
  const parts = text.split(unseen).map((part, index) => (index % 2 === 0 ? part : { hidden: nameOf(part) }))
  return parts.filter(part => part !== '')
}

/** The same as one string. */
export function spellOutHidden(text: string): string {
  return showHidden(text)
    .map(part => (typeof part === 'string' ? part : part.hidden))
    .join('')
}

/** A longer text, whose lines and joined characters stay as they are: only what changes the reading direction is shown by name. */
export function spellOutDirections(text: string): string {
  return text.replace(directionControls, nameOf)
}

function nameOf(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
  return `‹${characterNames[character] ?? `U+${code}`}›`
}
