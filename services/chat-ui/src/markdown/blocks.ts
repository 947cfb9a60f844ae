import { parseInline } from './inline.ts'
import type { Block, Inline, List, Table } from './nodes.ts'
import { deepestNesting, type Work } from './work.ts'

/** A block and the line at which it begins. It ends where the next one begins. */
export interface PlacedBlock {
  readonly block: Block
  readonly line: number
}

/** Reads lines as blocks, as CommonMark and GitHub's tables describe them. HTML, references and images are none. */
export function parseBlocks(lines: readonly string[], work: Work, depth = 0): PlacedBlock[] {
  return new BlockParser(lines, work, depth).parse()
}

/** The beginning of an item of a list. */
interface Marker {
  /** The bullet, or what stands behind the number: another one begins another list. */
  readonly kind: string
  readonly start: number | undefined
  /** The column at which what belongs to the item begins. */
  readonly column: number
  readonly isEmpty: boolean
}

/** Each line is looked at a fixed number of times on each level, and levels are limited. */
class BlockParser {
  readonly #lines: readonly string[]
  readonly #work: Work
  readonly #depth: number
  #at = 0

  constructor(lines: readonly string[], work: Work, depth: number) {
    this.#lines = lines
    this.#work = work
    this.#depth = depth
  }

  parse(): PlacedBlock[] {
    const blocks: PlacedBlock[] = []
    while (this.#at < this.#lines.length) {
      if (this.#isBlank(this.#at)) {
        this.#at += 1
      } else {
        const line = this.#at
        blocks.push({ line, block: this.#readBlock() })
      }
    }
    return blocks
  }

  #readBlock(): Block {
    return (
      this.#readFence() ??
      this.#readHeading() ??
      this.#readRule() ??
      this.#readQuote() ??
      this.#readList() ??
      this.#readTable() ??
      this.#readIndentedCode() ??
      this.#readParagraph()
    )
  }

  #line(at: number): string {
    const line = this.#lines[at] ?? ''
    this.#work.spend(line.length + 1)
    return line
  }

  #isBlank(at: number): boolean {
    return this.#line(at).trim() === ''
  }

  #parseInside(lines: readonly string[]): PlacedBlock[] {
    return parseBlocks(lines, this.#work, this.#depth + 1)
  }

  /** Whether a line begins a block that needs no blank line before it. */
  #beginsBlock(at: number): boolean {
    const line = this.#line(at)
    const marker = this.#markerAt(at)
    return (
      fenceOf(line) !== undefined ||
      headingText(line) !== undefined ||
      isRule(line) ||
      this.#isQuote(at) ||
      (marker !== undefined && !marker.isEmpty && (marker.start ?? 1) === 1)
    )
  }

  #readFence(): Block | undefined {
    const fence = fenceOf(this.#line(this.#at))
    if (!fence) return undefined
    const begin = this.#at + 1
    let end = begin
    while (end < this.#lines.length && !closesFence(this.#line(end), fence.mark)) end += 1
    this.#at = end + 1
    const lines = this.#lines.slice(begin, end)
    return { type: 'code', text: lines.map(line => unindent(line, fence.indent)).join('\n') }
  }

  #readHeading(): Block | undefined {
    const text = headingText(this.#line(this.#at))
    if (text === undefined) return undefined
    this.#at += 1
    return { type: 'heading', children: parseInline(text, this.#work) }
  }

  #readRule(): Block | undefined {
    if (!isRule(this.#line(this.#at))) return undefined
    this.#at += 1
    return { type: 'rule' }
  }

  #isQuote(at: number): boolean {
    return this.#depth < deepestNesting && /^ {0,3}>/.test(this.#line(at))
  }

  #readQuote(): Block | undefined {
    if (!this.#isQuote(this.#at)) return undefined
    const inside: string[] = []
    while (this.#isQuote(this.#at) || this.#continuesParagraph(inside)) {
      inside.push(this.#line(this.#at).replace(/^ {0,3}> ?/, ''))
      this.#at += 1
    }
    return { type: 'quote', blocks: this.#parseInside(inside).map(({ block }) => block) }
  }

  /** Whether a line without the container's mark goes on with the paragraph in it. */
  #continuesParagraph(inside: readonly string[]): boolean {
    const isAfterText = (inside.at(-1) ?? '').trim() !== ''
    return isAfterText && !this.#isBlank(this.#at) && !this.#beginsBlock(this.#at)
  }

  #markerAt(at: number): Marker | undefined {
    const line = this.#line(at)
    const [, indent = '', mark = '', space = ''] =
      /^( {0,3})([-+*]|\d{1,9}[.)])( {1,4}(?! )| |$)/.exec(line) ?? []
    if (mark === '' || this.#depth >= deepestNesting || isRule(line)) return undefined
    const column = indent.length + mark.length
    const isEmpty = line.slice(column).trim() === ''
    return {
      kind: mark.slice(-1),
      start: mark.length > 1 ? Number(mark.slice(0, -1)) : undefined,
      column: column + (isEmpty ? 1 : space.length),
      isEmpty,
    }
  }

  #readList(): List | undefined {
    const first = this.#markerAt(this.#at)
    if (!first) return undefined
    const items: PlacedBlock[][] = []
    let loose = false
    for (
      let marker: Marker | undefined = first;
      marker?.kind === first.kind;
      marker = this.#markerAt(this.#at)
    ) {
      loose ||= items.length > 0 && this.#isBlank(this.#at - 1)
      const inside = this.#readItem(marker)
      const blocks = this.#parseInside(inside)
      loose ||= blocks.some(({ line }) => line > 1 && (inside[line - 1] ?? '').trim() === '')
      items.push(blocks)
    }
    return {
      type: 'list',
      start: first.start,
      loose,
      items: items.map(item => item.map(({ block }) => block)),
    }
  }

  /** The lines of an item, without what indents them. */
  #readItem({ column }: Marker): string[] {
    const inside = [this.#line(this.#at).slice(column)]
    this.#at += 1
    while (this.#at < this.#lines.length) {
      const line = this.#line(this.#at)
      const belongs = this.#isBlank(this.#at) || indentOf(line) >= column
      if (!belongs && (this.#markerAt(this.#at) || !this.#continuesParagraph(inside))) break
      inside.push(belongs ? line.slice(column) : line.trimStart())
      this.#at += 1
    }
    return inside
  }

  #isTable(at: number): boolean {
    const header = this.#line(at)
    const delimiters = this.#line(at + 1)
    if (!header.includes('|') || !/^[ |:-]*-[ |:-]*$/.test(delimiters)) return false
    const cells = splitRow(delimiters)
    return cells.every(cell => /^:?-+:?$/.test(cell)) && cells.length === splitRow(header).length
  }

  /** Cells that a row lacks are not made up: a long header and many short rows would be many of them. */
  #readTable(): Table | undefined {
    if (!this.#isTable(this.#at)) return undefined
    const header = this.#readRow()
    this.#at += 1
    const rows: Inline[][][] = []
    while (!this.#isBlank(this.#at) && !this.#beginsBlock(this.#at))
      rows.push(this.#readRow().slice(0, header.length))
    return { type: 'table', header, rows }
  }

  #readRow(): Inline[][] {
    const cells = splitRow(this.#line(this.#at))
    this.#at += 1
    return cells.map(cell => [...parseInline(cell, this.#work)])
  }

  #readIndentedCode(): Block | undefined {
    const begin = this.#at
    while (this.#at < this.#lines.length && (this.#isBlank(this.#at) || indentOf(this.#line(this.#at)) >= 4))
      this.#at += 1
    if (this.#at === begin) return undefined
    const lines = this.#lines.slice(begin, this.#at).map(line => unindent(line, 4))
    return { type: 'code', text: lines.join('\n').trimEnd() }
  }

  #readParagraph(): Block {
    const lines: string[] = []
    do {
      lines.push(this.#line(this.#at).trim())
      this.#at += 1
      if (isUnderline(this.#line(this.#at))) {
        this.#at += 1
        return { type: 'heading', children: parseInline(lines.join('\n'), this.#work) }
      }
    } while (!this.#isBlank(this.#at) && !this.#beginsBlock(this.#at) && !this.#isTable(this.#at))
    return { type: 'paragraph', children: parseInline(lines.join('\n'), this.#work) }
  }
}

interface Fence {
  readonly mark: string
  readonly indent: number
}

function fenceOf(line: string): Fence | undefined {
  const [, indent = '', mark] = /^( {0,3})(`{3,}|~{3,})/.exec(line) ?? []
  if (mark === undefined) return undefined
  const isCodeInText = mark.startsWith('`') && line.includes('`', indent.length + mark.length)
  return isCodeInText ? undefined : { mark, indent: indent.length }
}

function closesFence(line: string, mark: string): boolean {
  const text = line.trim()
  return indentOf(line) < 4 && text.startsWith(mark) && text === mark.slice(0, 1).repeat(text.length)
}

function headingText(line: string): string | undefined {
  const [marks] = /^ {0,3}#{1,6}(?= |$)/.exec(line) ?? []
  if (marks === undefined) return undefined
  const text = line.slice(marks.length).trim()
  let end = text.length
  while (text[end - 1] === '#') end -= 1
  return end === 0 || text[end - 1] === ' ' ? text.slice(0, end).trimEnd() : text
}

function isRule(line: string): boolean {
  return indentOf(line) < 4 && /^(?:-{3,}|\*{3,}|_{3,})$/.test(line.replaceAll(' ', ''))
}

/** The line under a heading; one dash alone is a list that is being written. */
function isUnderline(line: string): boolean {
  return indentOf(line) < 4 && /^(?:=+|-{2,})$/.test(line.trim())
}

function splitRow(line: string): string[] {
  const text = line.trim()
  const inside = text.slice(text.startsWith('|') ? 1 : 0)
  const cells = inside.split(/(?<!\\)\|/)
  if (cells.length > 1 && cells.at(-1) === '') cells.pop()
  return cells.map(cell => cell.replaceAll('\\|', '|').trim())
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length
}

function unindent(line: string, columns: number): string {
  return line.slice(Math.min(columns, indentOf(line)))
}
