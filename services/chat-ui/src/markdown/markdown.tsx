import { CopyButton } from '@entra-agents/trace-view/controls/copy-button'
import { spellOutDirections } from '@entra-agents/trace-view/words/visible-text'
import type { ComponentChildren } from 'preact'
import { useRef } from 'preact/hooks'
import { hostToShow, linkText } from './link-text.ts'
import type { Element, Node, Tag } from './nodes.ts'
import { type ParsedBlock, parseMarkdown, settledBlocks } from './parse.ts'

/**
 * An answer's Markdown as elements of the page. A model may be made to write anything, so only what is listed in
 * `nodes.ts` becomes an element: no HTML, no images (they would carry data off), no link but https.
 */
export function Markdown({ text }: { readonly text: string }) {
  const shown = useRef<readonly DrawnBlock[]>([])
  shown.current = drawBlocks(text.replace(/\r\n?/g, '\n'), shown.current)
  return <>{shown.current.map(({ element }) => element)}</>
}

/** A top-level block of the answer. While its text stays the same, so does its element, and it is not rendered again. */
interface DrawnBlock {
  readonly raw: string
  readonly element: ComponentChildren
}

/** Blocks that later text cannot change are neither parsed nor rendered again. */
function drawBlocks(text: string, earlier: readonly DrawnBlock[]): readonly DrawnBlock[] {
  const kept = settledBlocks(earlier)
  const keptText = kept.map(({ raw }) => raw).join('')
  if (!text.startsWith(keptText)) return drawBlocks(text, [])
  const rest = parseMarkdown(text.slice(keptText.length))
  return [
    ...kept,
    ...rest.map((block, index) => ({
      raw: block.raw,
      element: <BlockElement key={kept.length + index} block={block} />,
    })),
  ]
}

function BlockElement({ block: { raw, nodes } }: { readonly block: ParsedBlock }) {
  if (nodes) return <Nodes nodes={nodes} />
  return (
    <p class="said" dir="auto">
      {spellOutDirections(raw)}
    </p>
  )
}

interface NodesProps {
  readonly nodes: readonly Node[]
  readonly parent?: Tag
}

function Nodes({ nodes, parent }: NodesProps) {
  return (
    <>
      {nodes.map((node, index) =>
        typeof node === 'string' ? node : <NodeElement key={index} node={node} parent={parent} />,
      )}
    </>
  )
}

function textOf({ children }: Element): string {
  return children.map(node => (typeof node === 'string' ? node : textOf(node))).join('')
}

/** Elements that have the direction of their own text. */
const ownDirection: ReadonlySet<Tag> = new Set(['p', 'h3', 'blockquote', 'li', 'td', 'code'])

interface NodeProps {
  readonly node: Element
  readonly parent: Tag | undefined
}

function NodeElement({ node, parent }: NodeProps) {
  const children = node.children.length > 0 && <Nodes nodes={node.children} parent={node.tag} />
  // An item's or quote's direction is that of its paragraphs; browsers would leave out those that have their own.
  const hasOwnDirection = ownDirection.has(node.tag) && !(node.tag === 'p' && parent)
  switch (node.tag) {
    case 'a':
      return <AnswerLink link={node} />
    case 'ol':
      return <ol start={node.start ?? 1}>{children}</ol>
    case 'pre':
      return (
        <div class="code-block">
          <pre dir="ltr">{children}</pre>
          <CopyButton label="Copy the code" text={() => textOf(node)} />
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
      return <node.tag dir={hasOwnDirection ? 'auto' : undefined}>{children}</node.tag>
  }
}

/** A link, by https only; shows the link's host if the text might mislead. */
function AnswerLink({ link: { href = '', children } }: { readonly link: Element }) {
  const target = URL.parse(href)
  if (target?.protocol !== 'https:') return <Nodes nodes={children} />
  const host = hostToShow(children, target)
  return (
    <a href={target.href} title={target.href} target="_blank" rel="noopener noreferrer">
      <bdi>
        <Nodes nodes={linkText(children)} />
      </bdi>
      {host !== undefined && <bdi class="soft"> ({host})</bdi>}
    </a>
  )
}
