import type { ComponentChildren, VNode } from 'preact'
import { useRef } from 'preact/hooks'
import { AnswerLink } from './answer-link.tsx'
import type { Block, Cell, Inline, List, Table } from './nodes.ts'
import { parseMarkdown, settledBlocks } from './parse.ts'

/**
 * An answer's Markdown as elements of the page. A model may be made to write anything, so only what is listed here
 * becomes an element: no HTML, no images (they would carry data off), no link but https.
 */
export function Markdown({ text }: { readonly text: string }) {
  const shown = useRef<readonly DrawnBlock[]>([])
  shown.current = drawBlocks(text, shown.current)
  return <>{shown.current.map(({ element }) => element)}</>
}

/** A piece of the answer on the top level. Its element stays the same as long as its text does, so it is not drawn again. */
interface DrawnBlock {
  readonly raw: string
  readonly element: ComponentChildren
}

/** What following text cannot change is neither read nor drawn again. */
function drawBlocks(text: string, earlier: readonly DrawnBlock[]): readonly DrawnBlock[] {
  const kept = settledBlocks(earlier)
  const keptText = kept.map(({ raw }) => raw).join('')
  if (!text.startsWith(keptText)) return drawBlocks(text, [])
  const rest = parseMarkdown(text.slice(keptText.length))
  return [
    ...kept,
    ...rest.map(({ raw, block }, index) => ({
      raw,
      element: <BlockElement key={kept.length + index} block={block} />,
    })),
  ]
}

function BlockElement({ block }: { readonly block: Block }): VNode {
  switch (block.type) {
    case 'paragraph':
      return (
        <p>
          <Inlines inlines={block.children} />
        </p>
      )
    case 'heading':
      return (
        <h3>
          <Inlines inlines={block.children} />
        </h3>
      )
    case 'code':
      return <pre>{block.text}</pre>
    case 'plain':
      return <p class="plain">{block.text}</p>
    case 'quote':
      return (
        <blockquote>
          <Blocks blocks={block.blocks} />
        </blockquote>
      )
    case 'rule':
      return <hr />
    case 'list':
      return <ListElement list={block} />
    case 'table':
      return <TableElement table={block} />
  }
}

function Blocks({ blocks }: { readonly blocks: readonly Block[] }) {
  return blocks.map((block, index) => <BlockElement key={index} block={block} />)
}

function Inlines({ inlines }: { readonly inlines: readonly Inline[] }) {
  return inlines.map((inline, index) =>
    inline.type === 'text' ? inline.text : <InlineElement key={index} inline={inline} />,
  )
}

function InlineElement({ inline }: { readonly inline: Inline }): VNode | string {
  switch (inline.type) {
    case 'text':
      return inline.text
    case 'code':
      return <code>{inline.text}</code>
    case 'break':
      return <br />
    case 'link':
      return <AnswerLink link={inline} draw={inlines => <Inlines inlines={inlines} />} />
    default: {
      const Emphasis = inline.type
      return (
        <Emphasis>
          <Inlines inlines={inline.children} />
        </Emphasis>
      )
    }
  }
}

function ListElement({ list: { start, loose, items } }: { readonly list: List }) {
  const children = items.map((blocks, index) => (
    <li key={index}>{loose ? <Blocks blocks={blocks} /> : <Lines blocks={blocks} />}</li>
  ))
  return start === undefined ? <ul>{children}</ul> : <ol start={start}>{children}</ol>
}

/** The blocks of an item whose paragraphs are lines. */
function Lines({ blocks }: { readonly blocks: readonly Block[] }) {
  return blocks.map((block, index) =>
    block.type === 'paragraph' ? (
      <Inlines key={index} inlines={block.children} />
    ) : (
      <BlockElement key={index} block={block} />
    ),
  )
}

function TableElement({ table: { header, rows } }: { readonly table: Table }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard (WCAG 2.1.1)
    <section class="answer-table" aria-label="Table" tabIndex={0}>
      <table>
        <thead>
          <tr>
            {header.map((cell: Cell, index) => (
              <th key={index} scope="col">
                <Inlines inlines={cell} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>
              {row.map((cell, column) => (
                <td key={column}>
                  <Inlines inlines={cell} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
