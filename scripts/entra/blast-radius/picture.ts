import type { BlastRadius, Branch, Mark } from './branch.ts'
import { markWords } from './text.ts'

/** Sizes in pixels. */
const sizes = { width: 330, between: 50, line: 16, padding: 8, gap: 10, margin: 24, head: 64 }
/** How many characters fit into a line of a box at 12 px. */
const maxLineLengths = { plain: 48, bold: 42 }

const colours: Record<
  Mark | 'plain',
  { readonly fill: string; readonly stroke: string; readonly text: string }
> = {
  plain: { fill: '#ffffff', stroke: '#b8bfc8', text: '#1c2733' },
  surplus: { fill: '#fde7e7', stroke: '#c62828', text: '#7f1414' },
  fault: { fill: '#fde7e7', stroke: '#c62828', text: '#7f1414' },
  unread: { fill: '#fff6dd', stroke: '#b98900', text: '#5e4600' },
}

/** A box with its lines of text and its child boxes. */
interface Box {
  readonly lines: readonly string[]
  readonly mark: Mark | undefined
  readonly isHead: boolean
  readonly boxes: readonly Box[]
}

interface PlacedBox {
  readonly box: Box
  /** The left edge; `y` is the vertical middle. */
  readonly x: number
  readonly y: number
  readonly placed: readonly PlacedBox[]
}

/**
 * The two trees as one SVG document, to put into a review: who can act as the blueprint on the left, whom it can act as on the right.
 *
 * @param date when the tenant was read, in words
 */
export function drawPicture(radius: BlastRadius, date: string): string {
  const sides = [radius.who, radius.what].map(toBoxes)
  const depth = sides.map(boxes => Math.max(0, ...boxes.map(depthOf)))
  const step = sizes.width + sizes.between
  const centre = sizes.margin + (depth[0] ?? 0) * step
  const width = centre + sizes.width + (depth[1] ?? 0) * step + sizes.margin
  const height = Math.max(...sides.map(heightOfAll)) + sizes.head + 2 * sizes.margin
  const middle = sizes.head + (height - sizes.head) / 2
  const root: Box = { lines: wrapLines(radius.blueprint.title), mark: undefined, isHead: true, boxes: [] }
  const [who, what] = sides.map((boxes, index) =>
    placeBoxes(boxes, centre, middle - heightOfAll(boxes) / 2, index === 0 ? -step : step),
  )
  const start: PlacedBox = { box: root, x: centre, y: middle, placed: [] }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="12">`,
    `<title>Blast radius of ${escapeXml(radius.blueprint.title)}</title>`,
    `<rect width="100%" height="100%" fill="#f6f7f9"/>`,
    svgText(sizes.margin, 30, 'Who can be it, or change it', 'start'),
    svgText(centre + sizes.width / 2, 30, `Tenant ${radius.tenantId}, ${date}`, 'middle'),
    svgText(width - sizes.margin, 30, 'What it can be, and do', 'end'),
    ...[...(who ?? []), ...(what ?? [])].flatMap(one => drawEdges(start, one)),
    ...[start, ...(who ?? []), ...(what ?? [])].flatMap(drawBoxes),
    '</svg>',
    '',
  ].join('\n')
}

/** Consecutive leaves share a box if none has a mark, such as `surplus`. */
function toBoxes(branches: readonly Branch[]): readonly Box[] {
  const boxes: Box[] = []
  for (const { title, mark, branches: below = [] } of branches) {
    const isPlainLeaf = mark === undefined && below.length === 0
    const last = boxes.at(-1)
    if (isPlainLeaf && last && !last.isHead && last.mark === undefined)
      boxes[boxes.length - 1] = { ...last, lines: [...last.lines, ...wrapLines(title)] }
    else {
      const isBold = mark === 'surplus' || below.length > 0
      const lines = wrapLines(mark ? `${markWords[mark]}: ${title}` : title, isBold)
      boxes.push({ lines, mark, isHead: below.length > 0, boxes: toBoxes(below) })
    }
  }
  return boxes
}

/** Wraps at words, and indents continued lines. */
function wrapLines(title: string, isBold = false): readonly string[] {
  const limit = isBold ? maxLineLengths.bold : maxLineLengths.plain
  const pieces = new RegExp(`.{1,${limit}}`, 'g')
  const lines: string[] = ['']
  for (const word of title.split(' ').flatMap(one => one.match(pieces) ?? [])) {
    const last = lines.at(-1) ?? ''
    if (last === '') lines[lines.length - 1] = word
    else if (last.length + 1 + word.length <= limit) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(`\u2003${word}`)
  }
  return lines
}

function depthOf({ boxes }: Box): number {
  return 1 + Math.max(0, ...boxes.map(depthOf))
}

function ownHeight({ lines }: Box): number {
  return lines.length * sizes.line + 2 * sizes.padding
}

/** Height of a box with its children. */
function heightOf(box: Box): number {
  return Math.max(ownHeight(box), heightOfAll(box.boxes))
}

function heightOfAll(boxes: readonly Box[]): number {
  return boxes.reduce((sum, box) => sum + heightOf(box), 0) + Math.max(0, boxes.length - 1) * sizes.gap
}

/** Places boxes below each other in the next column, each beside the middle of its children. */
function placeBoxes(boxes: readonly Box[], before: number, top: number, step: number): readonly PlacedBox[] {
  let y = top
  return boxes.map(box => {
    const height = heightOf(box)
    const middle = y + height / 2
    const x = before + step
    const placed = placeBoxes(box.boxes, x, middle - heightOfAll(box.boxes) / 2, step)
    y += height + sizes.gap
    return { box, x, y: middle, placed }
  })
}

function drawEdges(from: PlacedBox, to: PlacedBox): readonly string[] {
  const isRight = to.x > from.x
  const [start, end] = isRight ? [from.x + sizes.width, to.x] : [from.x, to.x + sizes.width]
  const half = (start + end) / 2
  const { stroke } = colours[to.box.mark ?? 'plain']
  return [
    `<path d="M${start} ${from.y} C${half} ${from.y} ${half} ${to.y} ${end} ${to.y}" fill="none" stroke="${stroke}" stroke-width="1.5"/>`,
    ...to.placed.flatMap(one => drawEdges(to, one)),
  ]
}

function drawBoxes({ box, x, y, placed }: PlacedBox): readonly string[] {
  const { fill, stroke, text: ink } = colours[box.mark ?? 'plain']
  const height = ownHeight(box)
  const top = y - height / 2
  const dash = box.mark === 'unread' ? ' stroke-dasharray="5 4"' : ''
  const weight = box.isHead || box.mark === 'surplus' ? ' font-weight="600"' : ''
  return [
    `<rect x="${x}" y="${top}" width="${sizes.width}" height="${height}" rx="6" fill="${fill}" stroke="${stroke}"${dash}/>`,
    ...box.lines.map(
      (line, index) =>
        `<text x="${x + 10}" y="${top + sizes.padding + 12 + index * sizes.line}" fill="${ink}"${weight}>${escapeXml(line)}</text>`,
    ),
    ...placed.flatMap(drawBoxes),
  ]
}

function svgText(x: number, y: number, words: string, anchor: 'start' | 'middle' | 'end'): string {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}" fill="#1c2733" font-size="14" font-weight="600">${escapeXml(words)}</text>`
}

function escapeXml(words: string): string {
  return words.replace(/[&<>"]/g, letter => `&#${letter.charCodeAt(0)};`)
}
