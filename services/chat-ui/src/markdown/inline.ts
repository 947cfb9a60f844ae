import { inlinesOf, type Piece, Pieces, type Run, TooDeep } from './emphasis.ts'
import type { Inline } from './nodes.ts'
import type { Work } from './work.ts'

/** Reads running text: emphasis, code, links, line breaks. Everything else, HTML and images included, is text. */
export function parseInline(text: string, work: Work): readonly Inline[] {
  try {
    return new InlineParser(text, work).parse()
  } catch (error) {
    if (!(error instanceof TooDeep)) throw error
    return text.split('\n').flatMap((line, index): Inline[] => {
      const shown: Inline = { type: 'text', text: line }
      return index === 0 ? [shown] : [{ type: 'break' }, shown]
    })
  }
}

/** A `[` or `![` that may begin a link or an image. */
interface Bracket {
  readonly piece: Piece
  readonly isImage: boolean
  readonly start: number
  /** The last run of emphasis before it. */
  readonly before: Run | undefined
}

interface Target {
  readonly href: string
  readonly end: number
}

const plainText = /[^\\`*_~[\]!<\nh]+/y
const address = /https:\/\/[^\s<]+/y
const addressInBrackets = /https:\/\/[^\s<\]]+/y
const upToAngle = /[^<>]*/y
const space = /\s*/y
const wordCharacter = /[\p{L}\p{N}]/u
const punctuation = /[\p{P}\p{S}]/u
const escapable = /[!-/:-@[-`{-~]/
const escaped = /\\([!-/:-@[-`{-~])/g

/** Parentheses in parentheses in an address; the next link begins with one, so an address that never ends is given up soon. */
const deepestParentheses = 4

/**
 * One pass over the text. Whatever looks ahead (code, targets of links, tags) ends at the character at which the next such
 * look begins, or remembers what it found, so that no part of the text is looked at again and again.
 */
class InlineParser {
  readonly #text: string
  readonly #work: Work
  readonly #pieces: Pieces
  readonly #brackets: Bracket[] = []
  #at = 0
  #backticks: Map<number, number[]> | undefined

  constructor(text: string, work: Work) {
    this.#text = text
    this.#work = work
    this.#pieces = new Pieces(work)
  }

  parse(): Inline[] {
    while (this.#at < this.#text.length) this.#at = this.#step()
    this.#pieces.emphasise(undefined)
    return this.#pieces.inlines
  }

  /** Reads what begins here; like all that it calls, it returns where that ends. */
  #step(): number {
    this.#work.spend(1)
    switch (this.#text[this.#at]) {
      case '\\':
        return this.#readEscape()
      case '`':
        return this.#readCode()
      case '*':
      case '_':
      case '~':
        return this.#readRun()
      case '!':
        return this.#text[this.#at + 1] === '[' ? this.#openBracket('![') : this.#readText('!')
      case '[':
        return this.#openBracket('[')
      case ']':
        return this.#closeBracket()
      case '<':
        return this.#readAngle()
      case '\n':
        return this.#readLineBreak(1)
      case 'h':
        return this.#readAddress()
      default:
        return this.#readText(this.#match(plainText))
    }
  }

  /** What a sticky pattern matches here. */
  #match(pattern: RegExp, from = this.#at): string {
    pattern.lastIndex = from
    const found = pattern.exec(this.#text)?.[0] ?? ''
    this.#work.spend(found.length)
    return found
  }

  #readText(text: string): number {
    this.#pieces.addText(text)
    return this.#at + text.length
  }

  #readEscape(): number {
    const next = this.#text[this.#at + 1] ?? ''
    if (next === '\n') return this.#readLineBreak(2)
    if (!escapable.test(next)) return this.#readText('\\')
    this.#pieces.addText(next)
    return this.#at + 2
  }

  #readLineBreak(length: number): number {
    this.#pieces.trimLastText()
    this.#pieces.add({ type: 'break' })
    return this.#at + length
  }

  #lengthOfRun(): number {
    const character = this.#text[this.#at]
    let end = this.#at
    while (this.#text[end] === character) end += 1
    this.#work.spend(end - this.#at)
    return end - this.#at
  }

  #readCode(): number {
    const length = this.#lengthOfRun()
    const begin = this.#at + length
    const end = this.#findBackticks(length, begin)
    if (end === undefined) return this.#readText(this.#text.slice(this.#at, begin))
    const code = this.#text.slice(begin, end).replaceAll('\n', ' ')
    const isPadded = code.startsWith(' ') && code.endsWith(' ') && code.trim() !== ''
    this.#work.spend(code.length)
    this.#pieces.add({ type: 'code', text: isPadded ? code.slice(1, -1) : code })
    return end + length
  }

  /** The next run of exactly so many backticks. Runs are listed once, and those behind us dropped. */
  #findBackticks(length: number, from: number): number | undefined {
    if (!this.#backticks) {
      this.#work.spend(this.#text.length)
      const runs = [...this.#text.matchAll(/`+/g)].reverse()
      this.#backticks = new Map()
      for (const { 0: run, index } of runs) {
        const places = this.#backticks.get(run.length)
        if (places) places.push(index)
        else this.#backticks.set(run.length, [index])
      }
    }
    const places = this.#backticks.get(length) ?? []
    while ((places.at(-1) ?? from) < from) {
      this.#work.spend(1)
      places.pop()
    }
    return places.at(-1)
  }

  #readRun(): number {
    const length = this.#lengthOfRun()
    const text = this.#text.slice(this.#at, this.#at + length)
    const before = this.#text[this.#at - 1] ?? ' '
    const after = this.#text[this.#at + length] ?? ' '
    const isLeft = after.trim() !== '' && (!punctuation.test(after) || !wordLike(before))
    const isRight = before.trim() !== '' && (!punctuation.test(before) || !wordLike(after))
    const isInWord = text.startsWith('_')
    if (text.startsWith('~') && length > 2) return this.#readText(text)
    this.#pieces.addRun(
      text,
      isLeft && !(isInWord && isRight && !punctuation.test(before)),
      isRight && !(isInWord && isLeft && !punctuation.test(after)),
    )
    return this.#at + length
  }

  #openBracket(text: string): number {
    this.#brackets.push({
      before: this.#pieces.lastRun,
      piece: this.#pieces.add({ type: 'text', text }),
      isImage: text === '![',
      start: this.#at,
    })
    return this.#at + text.length
  }

  #closeBracket(): number {
    const bracket = this.#brackets.pop()
    const target = bracket && this.#readTarget(this.#at + 1)
    if (!target) return this.#readText(']')
    if (bracket.isImage) return this.#readText(this.#text.slice(this.#at, target.end))
    const raw = this.#text.slice(bracket.start, target.end)
    this.#pieces.emphasise(bracket.before)
    const inside = this.#pieces.takeFrom(bracket.piece)
    const depth = inside.reduce((deepest, piece) => Math.max(deepest, piece.depth), 0) + 1
    this.#pieces.add({ type: 'link', href: target.href, raw, children: inlinesOf(inside) }, depth)
    // No link stands inside another one.
    this.#brackets.length = 0
    return target.end
  }

  /** `(address "title")` behind a text in brackets; the title is not shown. */
  #readTarget(from: number): Target | undefined {
    if (this.#text[from] !== '(') return undefined
    const begin = from + 1 + this.#match(space, from + 1).length
    const isAngled = this.#text[begin] === '<'
    const end = isAngled ? begin + 1 + this.#match(upToAngle, begin + 1).length : this.#endOfTarget(begin)
    if (end === undefined || (isAngled && this.#text[end] !== '>')) return undefined
    const href = this.#text.slice(isAngled ? begin + 1 : begin, end)
    const afterAddress = isAngled ? end + 1 : end
    const close = this.#endOfTitle(afterAddress)
    if (href.includes('\n') || this.#text[close] !== ')') return undefined
    return { href: href.replace(escaped, '$1'), end: close + 1 }
  }

  #endOfTarget(from: number): number | undefined {
    let depth = 0
    for (let at = from; at < this.#text.length; at += 1) {
      this.#work.spend(1)
      const character = this.#text[at] ?? ''
      if (character === '\\') at += 1
      else if (character === '(') depth += 1
      else if (character === ')') depth -= 1
      if (depth < 0 || character.trim() === '') return at
      if (depth > deepestParentheses) return undefined
    }
    return undefined
  }

  #endOfTitle(from: number): number {
    const begin = from + this.#match(space, from).length
    const quote = this.#text[begin]
    if (begin === from || (quote !== '"' && quote !== "'")) return begin
    const end = this.#text.indexOf(quote, begin + 1)
    if (end < 0) return begin
    this.#work.spend(end - begin)
    return end + 1 + this.#match(space, end + 1).length
  }

  /** `<https://…>` is a link, a tag is text as a whole, and so is a lone `<`. */
  #readAngle(): number {
    const inside = this.#match(upToAngle, this.#at + 1)
    const isClosed = this.#text[this.#at + 1 + inside.length] === '>'
    if (isClosed && /^https:\/\/\S+$/.test(inside)) {
      this.#addAddress(inside)
      return this.#at + inside.length + 2
    }
    return this.#readText(isClosed && /^\/?[a-z]/i.test(inside) ? `<${inside}>` : '<')
  }

  /** An address that stands in the text by itself. What ends a sentence is no part of it. */
  #readAddress(): number {
    const before = this.#text[this.#at - 1] ?? ''
    if (wordCharacter.test(before)) return this.#readText('h')
    const found = this.#match(this.#brackets.length > 0 ? addressInBrackets : address)
    if (found === '') return this.#readText('h')
    const href = this.#trimAddress(found)
    this.#addAddress(href)
    return this.#at + href.length
  }

  #addAddress(href: string): void {
    this.#pieces.add({ type: 'link', href, raw: href, children: [{ type: 'text', text: href }] }, 1)
  }

  #trimAddress(found: string): string {
    let open = found.split('(').length - found.split(')').length
    let end = found.length
    while (/[?!.,:;*_~'")]/.test(found[end - 1] ?? '')) {
      if (found[end - 1] === ')') {
        if (open >= 0) break
        open += 1
      }
      end -= 1
    }
    this.#work.spend(found.length - end)
    return found.slice(0, end)
  }
}

function wordLike(character: string): boolean {
  return character.trim() !== '' && !punctuation.test(character)
}
