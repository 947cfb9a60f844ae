/** The nodes of an answer: text, and the few elements that it may have. */
export type Node = string | Element

export interface Element {
  readonly tag: Tag
  readonly children: readonly Node[]
  /** The target of a link. */
  readonly href?: string | undefined
  /** The first number of a list. */
  readonly start?: number | undefined
}

export type Tag =
  | ('p' | 'h3' | 'pre' | 'blockquote' | 'hr' | 'ul' | 'ol' | 'li')
  | ('table' | 'thead' | 'tbody' | 'tr' | 'th' | 'td')
  | ('a' | 'br' | 'code' | 'del' | 'em' | 'strong')
