import type { Reply, ReplyBlock } from './reply.ts'

/** A block of an answer as the tokens it is generated in. */
export interface TokenisedBlock {
  readonly block: ReplyBlock
  readonly tokens: readonly string[]
  /** Whether the block ends as it was meant to. */
  readonly isComplete: boolean
}

/** An answer cut to what the request allows. */
export interface Generation {
  readonly blocks: readonly TokenisedBlock[]
  readonly stopReason: string
  readonly outputTokens: number
}

/** Cuts an answer into tokens, and off where a stop sequence or the limit is reached, even inside a tool's input. */
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

/** Where the first stop sequence begins. */
function findStop(text: string, stopSequences: readonly string[]): number | undefined {
  const ends = stopSequences.map(sequence => text.indexOf(sequence)).filter(at => at >= 0)
  return ends.length === 0 ? undefined : Math.min(...ends)
}

/** Pieces of one to seven characters, split anywhere but inside a character. */
function tokenise(text: string, random: () => number): string[] {
  const characters = [...text]
  const tokens: string[] = []
  while (characters.length > 0) tokens.push(characters.splice(0, 1 + Math.floor(random() * 7)).join(''))
  return tokens
}
