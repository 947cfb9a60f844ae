/**
 * Control characters save line break and tab, and what renders as nothing: format and private characters, variation
 * selectors, fillers. A text can hide instructions from its reader in them.
 */
const unseen = /(?![\n\t])[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Variation_Selector}\u{115f}\u{1160}\u{3164}\u{ffa0}]/gu

/** A text of a server as it may be shown, at most so many characters of it. */
export function cleanText(text: string, maxCharacters: number): string {
  const cleaned = text.slice(0, 4 * maxCharacters).replace(unseen, '')
  const characters = [...cleaned]
  return characters.length <= maxCharacters ? cleaned : `${characters.slice(0, maxCharacters - 1).join('')}…`
}
