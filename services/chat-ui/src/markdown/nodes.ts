/** A piece of running text. */
export type Inline =
  | { readonly type: 'text' | 'code'; readonly text: string }
  | { readonly type: 'break' }
  | { readonly type: 'strong' | 'em' | 'del'; readonly children: readonly Inline[] }
  | Link

export interface Link {
  readonly type: 'link'
  readonly href: string
  /** As it was written. */
  readonly raw: string
  readonly children: readonly Inline[]
}

export type Block =
  | { readonly type: 'paragraph' | 'heading'; readonly children: readonly Inline[] }
  | { readonly type: 'code' | 'plain'; readonly text: string }
  | { readonly type: 'quote'; readonly blocks: readonly Block[] }
  | { readonly type: 'rule' }
  | List
  | Table

export interface List {
  readonly type: 'list'
  /** The first number; `undefined` for a list without numbers. */
  readonly start: number | undefined
  /** Its items are paragraphs, not lines. */
  readonly loose: boolean
  readonly items: readonly (readonly Block[])[]
}

export interface Table {
  readonly type: 'table'
  readonly header: readonly Cell[]
  readonly rows: readonly (readonly Cell[])[]
}

export type Cell = readonly Inline[]
