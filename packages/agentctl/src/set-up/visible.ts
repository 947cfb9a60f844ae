/** Characters that nobody sees, that move the cursor, break a line or turn the text around. */
const unseen = /[\p{C}\p{Zl}\p{Zp}]/gu
/** Those of our own output: line breaks, and the start and end of colours. */
const ownPieces = ['\n', ...[31, 32, 33, 90, 39].map(code => `\u001b[${code}m`)]

/** A text of somebody else, such as a name in the directory, as one line in which nothing hides: with escapes as in JSON. */
export function visible(text: string, kept: readonly string[] = []): string {
  const escaped = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
  return text.replace(unseen, (character: string, at: number) =>
    kept.some(one => text.startsWith(one, at)) ? character : character.split('').map(escaped).join(''),
  )
}

/** Prints output of ours, text or JSON, with such texts shown so wherever they stand. */
export function visibly(print: (text: string) => void): (text: string) => void {
  return text => print(visible(text, ownPieces))
}
