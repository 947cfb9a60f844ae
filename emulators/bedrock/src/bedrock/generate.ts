import type { Reply } from '../model/reply.ts'

/** An answer within the limits of the request, its blocks cut into tokens. */
export type Generation = ReturnType<typeof generate>

/** Cuts an answer into tokens and ends it at the token limit, even inside a tool's input. */
export function generate(reply: Reply, maxTokens: number, random: () => number) {
  let total = 0
  const blocks = reply.blocks.flatMap(block => {
    const all = tokenise(block.type === 'toolUse' ? JSON.stringify(block.input) : block.text, random)
    const tokens = all.slice(0, Math.max(maxTokens - total, 0))
    total += all.length
    return tokens.length > 0 ? [{ block, tokens }] : []
  })
  const stopReason = total > maxTokens ? 'max_tokens' : reply.stopReason
  return { blocks, stopReason, outputTokens: Math.min(total, maxTokens) }
}

/** Cuts a text into pieces of one to seven whole characters. */
function tokenise(text: string, random: () => number): string[] {
  const characters = [...text]
  const tokens: string[] = []
  while (characters.length > 0) tokens.push(characters.splice(0, 1 + Math.floor(random() * 7)).join(''))
  return tokens
}
