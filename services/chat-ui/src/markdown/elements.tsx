import { CopyButton } from '@entra-agents/trace-view/controls/copy-button'
import { spellOutDirections } from '@entra-agents/trace-view/words/visible-text'
import type { Token } from 'markdown-it'
import { type ComponentChildren, isValidElement } from 'preact'
import { hostToShow } from './link-text.ts'

/** The only tokens that become elements. */
const tags = {
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
} as const
type Tag = (typeof tags)[keyof typeof tags]

/** The elements of a block's tokens. No text changes the reading direction. */
export function elementsOf(tokens: readonly Token[]): ComponentChildren {
  return elementsUntilEnd(tokens.values(), [])
}

/** The elements within the innermost parent, whose tokens are taken from the iterator. */
function elementsUntilEnd(tokens: ArrayIterator<Token>, parents: readonly Tag[]): ComponentChildren[] {
  const elements: ComponentChildren[] = []
  for (const token of tokens) {
    if (token.nesting < 0) break
    const tag = tagOf(token, parents)
    const children =
      token.nesting > 0 ? elementsUntilEnd(tokens, tag ? [...parents, tag] : parents) : textOf(token)
    elements.push(tag ? draw(tag, token, children, parents) : children)
  }
  return elements
}

/** Neither the paragraph of a tight list's item nor a link in a link is an element. */
function tagOf({ type, hidden }: Token, parents: readonly Tag[]): Tag | undefined {
  const tag = !hidden && Object.hasOwn(tags, type) ? tags[type as keyof typeof tags] : undefined
  return tag === 'a' && parents.includes('a') ? undefined : tag
}

/** An image is shown as it was written. If it were not read as an image, it would become a link. */
function textOf(token: Token): string {
  const { type, content } = token
  return spellOutDirections(
    type === 'image' ? `![${content}](${token.attrGet('src')})` : content.replace(/\n$/, ''),
  )
}

/** Elements that have the direction of their own text. */
const ownDirection: ReadonlySet<Tag> = new Set(['p', 'h3', 'blockquote', 'li', 'td', 'code'])

function draw(Tag: Tag, token: Token, children: ComponentChildren, parents: readonly Tag[]) {
  // An item's or quote's direction is that of its paragraphs; browsers would leave out those that have their own.
  const hasOwnDirection = ownDirection.has(Tag) && !(Tag === 'p' && parents.length > 0)
  switch (Tag) {
    case 'a':
      return drawLink(`${token.attrGet('href')}`, children)
    case 'br':
    case 'hr':
      return <Tag />
    case 'ol':
      return <ol start={Number(token.attrGet('start') ?? 1)}>{children}</ol>
    case 'pre':
      return (
        <div class="code-block relative">
          <pre dir="ltr">{children}</pre>
          <CopyButton label="Copy the code" text={() => textOf(token)} />
        </div>
      )
    case 'th':
      return (
        <th scope="col" dir="auto">
          {children}
        </th>
      )
    case 'table':
      return (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard (WCAG 2.1.1)
        <section class="answer-table" aria-label="Table" tabIndex={0}>
          <table>{children}</table>
        </section>
      )
    default:
      return <Tag dir={hasOwnDirection ? 'auto' : undefined}>{children}</Tag>
  }
}

/** A link, by https only; shows the link's host if the text might mislead. */
function drawLink(href: string, children: ComponentChildren) {
  const target = URL.parse(href)
  if (target?.protocol !== 'https:') return children
  const host = hostToShow(readableText(children), target)
  return (
    <a href={target.href} title={target.href} target="_blank" rel="noopener noreferrer">
      <bdi>{children}</bdi>
      {host !== undefined && <bdi class="soft"> ({host})</bdi>}
    </a>
  )
}

function readableText(children: ComponentChildren): string {
  if (Array.isArray(children)) return children.map(readableText).join('')
  if (!isValidElement(children)) return `${children}`
  return children.type === 'br' ? ' ' : readableText(children.props.children)
}
