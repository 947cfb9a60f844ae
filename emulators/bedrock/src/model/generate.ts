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

export interface GenerationLimits {
  readonly maxTokens: number
  readonly stopSequences: readonly string[]
}

/** Cuts an answer into tokens, and off where a stop sequence or the limit is reached, even inside a tool's input. */
export function generate(reply: Reply, limits: GenerationLimits, random: () => number): Generation {
  const blocks: TokenisedBlock[] = []
  let left = limits.maxTokens
  let stopReason = reply.stopReason
  for (const block of reply.blocks) {
    const { text, isStopped } = stopAt(block, limits.stopSequences)
    const all = tokenise(text, random)
    const tokens = all.slice(0, left)
    const isComplete = tokens.length === all.length
    if (tokens.length > 0) blocks.push({ block, tokens, isComplete })
    left -= tokens.length
    if (isComplete && !isStopped) continue
    stopReason = isComplete ? 'stop_sequence' : 'max_tokens'
    break
  }
  return { blocks, stopReason, outputTokens: Math.max(1, limits.maxTokens - left) }
}

/** What a block spells out, token by token. */
function contentOf(block: ReplyBlock): string {
  return block.type === 'toolUse' ? JSON.stringify(block.input) : block.text
}

function stopAt(block: ReplyBlock, stopSequences: readonly string[]): { text: string; isStopped: boolean } {
  const text = contentOf(block)
  if (block.type !== 'text') return { text, isStopped: false }
  const ends = stopSequences.map(sequence => text.indexOf(sequence)).filter(end => end >= 0)
  return ends.length === 0
    ? { text, isStopped: false }
    : { text: text.slice(0, Math.min(...ends)), isStopped: true }
}

/** Pieces of one to seven characters, split anywhere but inside a character. */
function tokenise(text: string, random: () => number): string[] {
  const characters = [...text]
  const tokens: string[] = []
  let start = 0
  while (start < characters.length) {
    const end = start + 1 + Math.floor(random() * 7)
    tokens.push(characters.slice(start, end).join(''))
    start = end
  }
  return tokens
}
