export interface Word {
  /** As written. */
  readonly text: string
  /** For look-ups: in lower case, with one kind of apostrophe. */
  readonly key: string
  /** A comma or the like stands before it. */
  readonly afterComma: boolean
  /** Begins a sentence. */
  readonly isFirst: boolean
}

/** The words of a text, without punctuation; numbers count as words. */
export function words(text: string): readonly Word[] {
  const found: Word[] = []
  let end = 0
  const normal = text.normalize('NFC').slice(0, 4_000)
  for (const match of normal.matchAll(/[\p{L}\p{M}\p{N}]+(?:[-'’.][\p{L}\p{M}\p{N}]+)*/gu)) {
    const between = normal.slice(end, match.index)
    found.push({
      text: match[0],
      key: match[0].toLowerCase().replaceAll('’', "'"),
      afterComma: /[,;/&+]/.test(between),
      isFirst: found.length === 0 || endsSentence(between, found.at(-1)),
    })
    end = match.index + match[0].length
  }
  return found
}

/** A full stop behind two letters is that of an abbreviation, as in “St. Louis”. */
function endsSentence(between: string, before: Word | undefined): boolean {
  return /[!?¿¡:\n]/.test(between) || (between.includes('.') && (before?.text.length ?? 0) > 2)
}
