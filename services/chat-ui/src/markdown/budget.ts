import type { Token } from 'markdown-it'

/** Elements in elements, such as quotes in quotes. markdown-it drops what goes deeper, and emphasis would fill the stack. */
export const deepestNesting = 20

/** Elements of a block on the top level. A browser needs seconds to lay out more of them. */
export const mostElements = 20_000

/** Characters. More than any model writes. */
export const longestText = 200_000

/** Whether a block is to be shown as plain text. The tokens are those of the block, with those of its text among them. */
export function isBeyondBudget(tokens: readonly Token[]): boolean {
  let depth = 0
  let elements = 0
  return tokens.some(({ nesting, tag, hidden }) => {
    depth += nesting
    if (tag !== '' && nesting >= 0 && !hidden) elements += 1
    return depth >= deepestNesting || elements > mostElements
  })
}
