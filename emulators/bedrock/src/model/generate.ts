import type { Reply, ReplyBlock } from './reply.ts'

/** A block of an answer, cut into tokens. */
export interface TokenisedBlock {
  readonly block: ReplyBlock
  readonly tokens: readonly string[]
  /** `false` when a limit cut the block off. */
  readonly isComplete: boolean
}

/** An answer within the limits of the request. */
export interface Generation {
  readonly blocks: readonly TokenisedBlock[]
  readonly stopReason: string
  readonly outputTokens: number
}

/** Cuts an answer into tokens and ends it at a stop sequence or at the token limit, even inside a tool's input. */
export function generate(
  reply: Reply,
  limits: { readonly maxTokens: number; readonly stopSequences: readonly string[] },
  random: () => number,
): Generation {
  const blocks: TokenisedBlock[] = []
  let left = limits.maxTokens
  let { stopReason } = reply
  for (const block of reply.blocks) {
    const text = block.type === 'toolUse' ? JSON.stringify(block.input) : block.text
    const end = block.type === 'text' ? findStop(text, limits.stopSequences) : undefined
    const all = tokenise(text.slice(0, end), random)
    const tokens = all.slice(0, left)
    const isComplete = tokens.length === all.length
    if (tokens.length > 0) blocks.push({ block, tokens, isComplete })
    left -= tokens.length
    if (isComplete && end === undefined) continue
    stopReason = isComplete ? 'stop_sequence' : 'max_tokens'
    break
  }
  return { blocks, stopReason, outputTokens: Math.max(1, limits.maxTokens - left) }
}

/** The position of the first stop sequence. */
function findStop(text: string, stopSequences: readonly string[]): number | undefined {
  const ends = stopSequences.map(sequence => text.indexOf(sequence)).filter(at => at >= 0)
  return ends.length === 0 ? undefined : Math.min(...ends)
}

/** Pieces of one to seven whole characters. */
function tokenise(text: string, random: () => number): string[] {
  const characters = [...text]
  const tokens: string[] = []
  while (characters.length > 0) tokens.push(characters.splice(0, 1 + Math.floor(random() * 7)).join(''))
  return tokens
}
