import type { Reply, ReplyBlock } from './reply.ts'

/** A block of an answer, cut into tokens. */
export interface TokenisedBlock {
  readonly block: ReplyBlock
  readonly tokens: readonly string[]
}

/** An answer within the limits of the request. */
export interface Generation {
  readonly blocks: readonly TokenisedBlock[]
  readonly stopReason: string
  readonly outputTokens: number
}

/** Cuts an answer into tokens and ends it at the token limit, even inside a tool's input. */
export function generate(reply: Reply, maxTokens: number, random: () => number): Generation {
  const blocks: TokenisedBlock[] = []
  let left = maxTokens
  for (const block of reply.blocks) {
    const all = tokenise(block.type === 'toolUse' ? JSON.stringify(block.input) : block.text, random)
    const tokens = all.slice(0, left)
    if (tokens.length > 0) blocks.push({ block, tokens })
    if (tokens.length < all.length) return { blocks, stopReason: 'max_tokens', outputTokens: maxTokens }
    left -= tokens.length
  }
  return { blocks, stopReason: reply.stopReason, outputTokens: maxTokens - left }
}

/** Cuts a text into pieces of one to seven whole characters. */
function tokenise(text: string, random: () => number): string[] {
  const characters = [...text]
  const tokens: string[] = []
  while (characters.length > 0) tokens.push(characters.splice(0, 1 + Math.floor(random() * 7)).join(''))
  return tokens
}
