import { spellOutDirections } from '@entra-agents/trace-view/words/visible-text'
import type { ComponentChildren } from 'preact'
import { useRef } from 'preact/hooks'
import { elementsOf } from './elements.tsx'
import { type ParsedBlock, parseMarkdown, settledBlocks } from './parse.ts'

/**
 * An answer's Markdown as elements of the page. A model may be made to write anything, so only what `elements.tsx` lists
 * becomes an element: no HTML, no images (they would carry data off), no link but https.
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

function BlockElement({ block: { raw, tokens } }: { readonly block: ParsedBlock }) {
  if (tokens) return <>{elementsOf(tokens)}</>
  return (
    <p class="said" dir="auto">
      {spellOutDirections(raw)}
    </p>
  )
}
