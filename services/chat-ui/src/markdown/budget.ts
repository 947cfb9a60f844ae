import type { Token } from 'markdown-it'

/** The most levels of nesting, as in a quote in a quote. markdown-it drops deeper text; deep emphasis would exhaust the stack. */
export const deepestNesting = 20

/** The most elements of a top-level block. A browser needs seconds to lay out more. */
export const mostElements = 20_000

/** The longest text that is formatted, in characters; more than any model writes. */
export const longestText = 200_000

/** Whether a block is to be shown as plain text. The tokens are those of the block, including its inline tokens. */
export function isBeyondBudget(tokens: readonly Token[]): boolean {
  let depth = 0
  let elements = 0
  return tokens.some(({ nesting, tag, hidden }) => {
    depth += nesting
    if (tag !== '' && nesting >= 0 && !hidden) elements += 1
    return depth >= deepestNesting || elements > mostElements
  })
}
