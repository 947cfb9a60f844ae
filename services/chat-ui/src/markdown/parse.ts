import { parseBlocks } from './blocks.ts'
import type { Block } from './nodes.ts'
import { TooMuchWork, Work } from './work.ts'

/** A block on the top level, with the text that it was made of and the blank lines behind it. */
export interface ReadBlock {
  readonly raw: string
  readonly block: Block
}

/** More than any model writes: beyond it even text that is read in no time would be too many elements. */
const longestText = 200_000

/** Reads Markdown. The work is linear in the length of the text, whatever stands in it. */
export function parseMarkdown(text: string, work = new Work(text.length)): ReadBlock[] {
  if (text.length > longestText) return [asPlain(text)]
  try {
    const lines = text.split('\n')
    const blocks = parseBlocks(lines.map(readable), work)
    return blocks.map(({ block, line }, index) => {
      const end = blocks[index + 1]?.line ?? lines.length
      const raw = lines.slice(index === 0 ? 0 : line, end).join('\n')
      return { block, raw: end < lines.length ? `${raw}\n` : raw }
    })
  } catch (error) {
    if (!(error instanceof TooMuchWork)) throw error
    return [asPlain(text)]
  }
}

/**
 * The blocks that text which follows cannot change: all but the last, and while that is a line still being written, all but
 * the last two, since the line may yet belong to the block before it.
 */
export function settledBlocks<Read extends Pick<ReadBlock, 'raw'>>(blocks: readonly Read[]): readonly Read[] {
  return blocks.slice(0, blocks.at(-1)?.raw.includes('\n') ? -1 : -2)
}

function asPlain(text: string): ReadBlock {
  return { raw: text, block: { type: 'plain', text } }
}

/** A line without its carriage return, indented by spaces. */
function readable(line: string): string {
  const indent = line.length - line.trimStart().length
  return `${line.slice(0, indent).replaceAll('\t', '    ')}${line.slice(indent)}`.replace(/\r$/, '')
}
