import { spellOutDirections } from '@entra-agents/trace-view/words/visible-text'
import MarkdownIt, { type Token } from 'markdown-it'
import { deepestNesting, isBeyondBudget, longestText } from './budget.ts'
import type { Element, Node, Tag } from './nodes.ts'

/** A top-level block, with its source text and the blank lines after it. */
export interface ParsedBlock {
  readonly raw: string
  /** `undefined` if the text is to be shown unformatted. */
  readonly nodes: readonly Node[] | undefined
}

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

/** The only tokens that become elements. */
const tagsByToken: Readonly<Record<string, Tag>> = {
  paragraph_open: 'p',
  heading_open: 'h3',
  fence: 'pre',
  code_block: 'pre',
  blockquote_open: 'blockquote',
  hr: 'hr',
  bullet_list_open: 'ul',
  ordered_list_open: 'ol',
  list_item_open: 'li',
  table_open: 'table',
  thead_open: 'thead',
  tbody_open: 'tbody',
  tr_open: 'tr',
  th_open: 'th',
  td_open: 'td',
  link_open: 'a',
  softbreak: 'br',
  hardbreak: 'br',
  code_inline: 'code',
  s_open: 'del',
  em_open: 'em',
  strong_open: 'strong',
}

/** Reads Markdown whose lines end in line feeds. */
export function parseMarkdown(text: string): ParsedBlock[] {
  if (text.length > longestText) return [{ raw: text, nodes: undefined }]
  const lines = text.split('\n')
  const blocks = topLevelBlocks(markdownParser.parse(text, {}))
  return blocks.map((block, index) => {
    const tokens = block.flatMap(token => token.children ?? [token])
    const begin = index === 0 ? 0 : firstLine(block)
    const next = blocks[index + 1]
    const raw = next ? `${lines.slice(begin, firstLine(next)).join('\n')}\n` : lines.slice(begin).join('\n')
    return { raw, nodes: isBeyondBudget(tokens) ? undefined : toNodes(tokens) }
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

function toNodes(tokens: readonly Token[]): readonly Node[] {
  const root: Node[] = []
  const open = [root]
  for (const token of tokens) {
    if (token.nesting < 0) {
      open.pop()
      continue
    }
    const children = addNode(open.at(-1) ?? root, token)
    if (token.nesting > 0) open.push(children)
  }
  return root
}

/** Adds the node of a token and returns the list to which the token's children belong. No text changes the reading direction. */
function addNode(siblings: Node[], token: Token): Node[] {
  if (token.hidden) return siblings
  const tag = tagsByToken[token.type]
  const text = token.type === 'image' ? imageText(token) : token.content.replace(/\n$/, '')
  const content = spellOutDirections(text)
  const children: Node[] = content === '' ? [] : [content]
  siblings.push(...(tag ? [toElement(tag, token, children)] : children))
  return children
}

function toElement(tag: Tag, token: Token, children: readonly Node[]): Element {
  const start = token.attrGet('start')
  const href = token.attrGet('href')?.toString()
  return { tag, children, href, start: start === null ? undefined : Number(start) }
}

/** An image as text. If it were not read as an image, it would become a link. */
function imageText(image: Token): string {
  return `![${image.content}](${image.attrGet('src')})`
}
