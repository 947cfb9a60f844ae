/** What the model says in one turn, before it is cut into tokens. */
export type ReplyBlock =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'reasoning'; readonly text: string; readonly signature: string }
  | {
      readonly type: 'toolUse'
      readonly toolUseId: string
      readonly name: string
      readonly input: Readonly<Record<string, unknown>>
    }

export interface Reply {
  readonly blocks: readonly ReplyBlock[]
  /** Why it stops of its own accord. */
  readonly stopReason: string
}
