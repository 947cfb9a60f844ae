import { randomBytes } from 'node:crypto'

/** A block of the model's answer, before it is cut into tokens. */
export type ReplyBlock =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'toolUse'; readonly toolUseId: string; readonly name: string; readonly input: object }

export interface Reply {
  readonly blocks: readonly ReplyBlock[]
  /** The stop reason, unless a limit cuts the answer off. */
  readonly stopReason: string
}

export const say = (text: string): Reply => ({ blocks: [{ type: 'text', text }], stopReason: 'end_turn' })

/** A call of a tool, with a new id. */
export function toolUse(name: string, input: object): ReplyBlock {
  return { type: 'toolUse', toolUseId: `tooluse_${randomBytes(16).toString('base64url')}`, name, input }
}

/** A reply that announces calls of one tool, and makes a call for each input. */
export function call(name: string, inputs: readonly object[], announcement: string): Reply {
  const calls = inputs.map(input => toolUse(name, input))
  return { blocks: [{ type: 'text', text: announcement }, ...calls], stopReason: 'tool_use' }
}
