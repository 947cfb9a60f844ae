import { randomBytes } from 'node:crypto'

/** A block of the model's answer, before it is cut into tokens. */
export type ReplyBlock =
  | { readonly type: 'text'; readonly text: string }
  | {
      readonly type: 'toolUse'
      readonly toolUseId: string
      readonly name: string
      readonly input: Readonly<Record<string, unknown>>
    }

export interface Reply {
  readonly blocks: readonly ReplyBlock[]
  /** The stop reason, unless a limit cuts the answer off. */
  readonly stopReason: string
}

/** A reply that consists of text only. */
export function say(text: string): Reply {
  return { blocks: [{ type: 'text', text }], stopReason: 'end_turn' }
}

/** A reply that announces calls of one tool, and makes a call for each input. */
export function replyWithCalls(
  name: string,
  inputs: readonly Readonly<Record<string, unknown>>[],
  announcement: string,
): Reply {
  const calls = inputs.map(
    (input): ReplyBlock => ({
      type: 'toolUse',
      toolUseId: `tooluse_${randomBytes(16).toString('base64url')}`,
      name,
      input,
    }),
  )
  return { blocks: [{ type: 'text', text: announcement }, ...calls], stopReason: 'tool_use' }
}
