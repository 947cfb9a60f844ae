import MarkdownIt, { type Token } from 'markdown-it'

/** A top-level block, with its source text and the blank lines after it. */
export interface ParsedBlock {
  readonly raw: string
  /** Its tokens, with those of its texts in place; `undefined` if the text is to be shown unformatted. */
  readonly tokens: readonly Token[] | undefined
}

/** The most levels of nesting, as in a quote in a quote. markdown-it drops deeper text; deep emphasis would exhaust the stack. */
export const deepestNesting = 20

/** The most elements of a top-level block. A browser needs seconds to lay out more. */
export const mostElements = 20_000

/** The longest text that is formatted, in characters; more than any model writes. */
export const longestText = 200_000

/** The Markdown parser, without HTML and references. A link that is not https stays as written. */
const markdownParser = new MarkdownIt('zero', { breaks: true, linkify: true, maxNesting: deepestNesting })
  .enable(['blockquote', 'code', 'fence', 'heading', 'hr', 'lheading', 'list', 'table'])
  .enable([
    'autolink',
    'backticks',
    'emphasis',
    'entity',
    'escape',
    'image',
    'link',
    'linkify',
    'newline',
    'strikethrough',
  ])
markdownParser.normalizeLink = address => URL.parse(address)?.href ?? ''
markdownParser.normalizeLinkText = address => address
// Bare addresses become links only if they have a scheme.
markdownParser.linkify.set({ fuzzyLink: false, fuzzyEmail: false })
markdownParser.validateLink = address => address.startsWith('https:')

/** Reads Markdown whose lines end in line feeds. */
export function parseMarkdown(text: string): ParsedBlock[] {
  if (text.length > longestText) return [{ raw: text, tokens: undefined }]
  const lines = text.split('\n')
  const blocks = topLevelBlocks(markdownParser.parse(text, {}))
  return blocks.map((block, index) => {
    const tokens = block.flatMap(token => token.children ?? [token])
    const begin = index === 0 ? 0 : firstLine(block)
    const next = blocks[index + 1]
    const raw = next ? `${lines.slice(begin, firstLine(next)).join('\n')}\n` : lines.slice(begin).join('\n')
    return { raw, tokens: isBeyondBudget(tokens) ? undefined : tokens }
  })
}

/**
 * The blocks that later text cannot change: all but the last two, since a line that is still coming in may make the last
 * block part of the one before it.
 */
export function settledBlocks<Read>(blocks: readonly Read[]): readonly Read[] {
  return blocks.slice(0, -2)
}

function topLevelBlocks(tokens: readonly Token[]): Token[][] {
  const blocks: Token[][] = []
  for (const token of tokens) {
    if (token.level === 0 && token.nesting >= 0) blocks.push([])
    blocks.at(-1)?.push(token)
  }
  return blocks
}

function firstLine([first]: readonly Token[]): number {
  return first?.map?.[0] ?? 0
}

function isBeyondBudget(tokens: readonly Token[]): boolean {
  let depth = 0
  let elements = 0
  return tokens.some(({ nesting, tag, hidden }) => {
    depth += nesting
    if (tag !== '' && nesting >= 0 && !hidden) elements += 1
    return depth >= deepestNesting || elements > mostElements
  })
}
