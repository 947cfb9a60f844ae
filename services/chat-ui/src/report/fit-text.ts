import { spellOutHidden } from '@entra-agents/trace-view/words/visible-text'

/** Letters by their widths, as parts of the text size, in the usual fonts without serifs; no two systems have the same font. */
const widths: readonly (readonly [RegExp, number])[] = [
  [/[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{Extended_Pictographic}]/u, 1.05],
  [/[MWmw@%]/, 0.9],
  [/[iljtfrI.,:;’'‘“”|()[\] ]/, 0.34],
  [/\p{Lu}/u, 0.7],
]

/** About how wide a text is, rather too much than too little. */
export function widthOf(text: string, size: number): number {
  const letters = Array.from(text, letter => widths.find(([kind]) => kind.test(letter))?.[1] ?? 0.58)
  return letters.reduce((sum, width) => sum + width, 0) * size
}

/**
 * A text in lines of a width, as SVG has none; what does not fit into the last line is cut. What could turn the words around
 * it, or break a file, is spelt out.
 */
export function fitText(text: string, width: number, size: number, most: number): readonly string[] {
  const lines: string[] = []
  for (const word of spellOutHidden(text).split(' ')) {
    const longer = lines.length === 0 ? word : `${lines.at(-1)} ${word}`
    if (lines.length > 0 && widthOf(longer, size) <= width) lines[lines.length - 1] = longer
    else lines.push(word)
  }
  const shown = lines.slice(0, most)
  const rest = lines.slice(most - 1).join(' ')
  return shown.map((line, index) => cut(index === most - 1 ? rest : line, width, size))
}

function cut(text: string, width: number, size: number): string {
  if (widthOf(text, size) <= width) return text
  const letters = [...text]
  while (letters.length > 0 && widthOf(`${letters.join('')}…`, size) > width) letters.pop()
  return `${letters.join('').trimEnd()}…`
}
