/** What an answer is made of: text, and the few elements that it may have. */
export type Node = string | Element

export interface Element {
  readonly tag: Tag
  readonly children: readonly Node[]
  /** Where a link leads. */
  readonly href?: string | undefined
  /** The first number of a list. */
  readonly start?: number | undefined
}

export type Tag =
  | ('p' | 'h3' | 'pre' | 'blockquote' | 'hr' | 'ul' | 'ol' | 'li')
  | ('table' | 'thead' | 'tbody' | 'tr' | 'th' | 'td')
  | ('a' | 'br' | 'code' | 'del' | 'em' | 'strong')
