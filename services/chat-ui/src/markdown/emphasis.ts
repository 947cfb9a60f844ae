import type { Inline } from './nodes.ts'
import { deepestNesting, type Work } from './work.ts'

/** Emphasis in emphasis, deeper than anybody means it. */
export class TooDeep extends Error {}

/** A piece of running text in a chain, so that pieces are put together without moving those that follow. */
export interface Piece {
  inline: Inline
  /** How many elements are nested in it. */
  depth: number
  previous: Piece | undefined
  next: Piece | undefined
}

/** A run of `*`, `_` or `~` that may begin or end an emphasis. */
export interface Run {
  readonly piece: Piece
  /** Its place among all runs of the text. */
  readonly index: number
  readonly character: string
  readonly canOpen: boolean
  readonly canClose: boolean
  readonly originalLength: number
  length: number
  previous: Run | undefined
  next: Run | undefined
}

/** The pieces of one running text, and those of its runs that have not found their other end. */
export class Pieces {
  readonly #work: Work
  readonly #head: Piece = { inline: { type: 'break' }, depth: 0, previous: undefined, next: undefined }
  #last: Piece = this.#head
  #lastRun: Run | undefined
  #runs = 0
  /** The text that may grow: the last piece, unless it stands for something else too. */
  #growing: Piece | undefined

  constructor(work: Work) {
    this.#work = work
  }

  get lastRun(): Run | undefined {
    return this.#lastRun
  }

  get inlines(): Inline[] {
    return inlinesOf(this.#between(this.#head, undefined))
  }

  add(inline: Inline, depth = 0): Piece {
    const piece: Piece = { inline, depth, previous: this.#last, next: undefined }
    this.#last.next = piece
    this.#last = piece
    this.#growing = undefined
    return piece
  }

  addText(text: string): void {
    const grown = this.#growing?.inline
    if (this.#growing && grown?.type === 'text') {
      this.#growing.inline = { type: 'text', text: grown.text + text }
    } else {
      this.#growing = this.add({ type: 'text', text })
    }
  }

  trimLastText(): void {
    const grown = this.#growing?.inline
    if (this.#growing && grown?.type === 'text') {
      this.#growing.inline = { type: 'text', text: grown.text.trimEnd() }
    }
  }

  addRun(text: string, canOpen: boolean, canClose: boolean): void {
    const run: Run = {
      piece: this.add({ type: 'text', text }),
      index: this.#runs,
      character: text.slice(0, 1),
      canOpen,
      canClose,
      originalLength: text.length,
      length: text.length,
      previous: this.#lastRun,
      next: undefined,
    }
    this.#runs += 1
    if (this.#lastRun) this.#lastRun.next = run
    this.#lastRun = run
  }

  /** Takes the pieces from this one on out of the chain, and returns those behind it. */
  takeFrom(first: Piece): Piece[] {
    const taken = this.#between(first, undefined)
    this.#last = first.previous ?? this.#head
    this.#last.next = undefined
    this.#growing = undefined
    return taken
  }

  /**
   * Makes emphasis of the runs behind `bottom`, as CommonMark describes it; what is left of them is text. A run that found
   * no beginning is remembered, so that none is looked for there again: the work stays linear.
   */
  emphasise(bottom: Run | undefined): void {
    const searched = new Map<string, number>()
    let closer = this.#firstRunBehind(bottom)
    while (closer) {
      const opener = closer.canClose ? this.#findOpener(closer, bottom, searched) : undefined
      closer = opener ? this.#wrap(opener, closer) : closer.next
    }
    this.#lastRun = bottom
    if (bottom) bottom.next = undefined
  }

  #firstRunBehind(bottom: Run | undefined): Run | undefined {
    let first: Run | undefined
    for (let run = this.#lastRun; run && run !== bottom; run = run.previous) {
      this.#work.spend(1)
      first = run
    }
    return first
  }

  #findOpener(closer: Run, bottom: Run | undefined, searched: Map<string, number>): Run | undefined {
    const { character, canOpen, originalLength } = closer
    const kind = `${character} ${canOpen} ${character === '~' ? originalLength : originalLength % 3}`
    const limit = Math.max(bottom?.index ?? -1, searched.get(kind) ?? -1)
    for (let run = closer.previous; run && run.index > limit; run = run.previous) {
      this.#work.spend(1)
      if (run.canOpen && belongTogether(run, closer)) return run
    }
    searched.set(kind, closer.index - 1)
    return undefined
  }

  /** Puts what stands between two runs into an element. Returns the run to go on with. */
  #wrap(opener: Run, closer: Run): Run | undefined {
    const used = closer.character === '~' ? closer.length : Math.min(2, opener.length, closer.length)
    const type = closer.character === '~' ? 'del' : used === 2 ? 'strong' : 'em'
    const inside = this.#between(opener.piece, closer.piece)
    const depth = inside.reduce((deepest, piece) => Math.max(deepest, piece.depth), 0) + 1
    if (depth > deepestNesting) throw new TooDeep()
    const element: Piece = {
      inline: { type, children: inlinesOf(inside) },
      depth,
      previous: opener.piece,
      next: closer.piece,
    }
    opener.piece.next = element
    closer.piece.previous = element
    opener.next = closer
    closer.previous = opener
    this.#shorten(opener, used)
    this.#shorten(closer, used)
    return closer.length > 0 ? closer : closer.next
  }

  #shorten(run: Run, used: number): void {
    this.#work.spend(run.length)
    run.length -= used
    const { piece } = run
    if (run.length > 0) {
      piece.inline = { type: 'text', text: run.character.repeat(run.length) }
      return
    }
    if (piece.previous) piece.previous.next = piece.next
    if (piece.next) piece.next.previous = piece.previous
    else this.#last = piece.previous ?? this.#head
    if (run.previous) run.previous.next = run.next
    if (run.next) run.next.previous = run.previous
  }

  #between(start: Piece, end: Piece | undefined): Piece[] {
    const found: Piece[] = []
    for (let piece = start.next; piece && piece !== end; piece = piece.next) {
      this.#work.spend(1)
      found.push(piece)
    }
    return found
  }
}

/** What the pieces hold; texts that have come to stand side by side are one. */
export function inlinesOf(pieces: readonly Piece[]): Inline[] {
  const inlines: Inline[] = []
  for (const { inline } of pieces) {
    const last = inlines.at(-1)
    if (inline.type === 'text' && last?.type === 'text') {
      inlines[inlines.length - 1] = { type: 'text', text: last.text + inline.text }
    } else {
      inlines.push(inline)
    }
  }
  return inlines
}

function belongTogether(opener: Run, closer: Run): boolean {
  if (opener.character !== closer.character) return false
  if (closer.character === '~') return opener.length === closer.length
  const mayDoBoth = opener.canClose || closer.canOpen
  const sum = opener.originalLength + closer.originalLength
  return !mayDoBoth || sum % 3 !== 0 || closer.originalLength % 3 === 0
}
