import fc from 'fast-check'
import { type ComponentChildren, isValidElement } from 'preact'
import { describe, expect, it } from 'vitest'
import { elementsOf } from './elements.tsx'
import {
  deepestNesting,
  longestText,
  mostElements,
  type ParsedBlock,
  parseMarkdown,
  settledBlocks,
} from './parse.ts'

/** The parsed blocks in a short form: `p(one strong(two))`. */
function read(text: string): string {
  return shorten(parseMarkdown(text))
}

function shorten(blocks: readonly ParsedBlock[]): string {
  return blocks.map(({ raw, tokens }) => (tokens ? shortForm(elementsOf(tokens)) : `plain(${raw})`)).join(' ')
}

function shortForm(node: ComponentChildren): string {
  if (Array.isArray(node)) return node.map(shortForm).join('')
  if (!isValidElement(node)) return typeof node === 'string' ? node : ''
  const { type } = node
  const props: { readonly children?: ComponentChildren; start?: number; href?: string } = node.props
  // Frames of tables and code, the button that copies code, and what isolates the directions of links.
  if (typeof type === 'function') return ''
  const children = shortForm(props.children)
  if (['section', 'div', 'bdi'].includes(type)) return children
  if (type === 'br') return '⏎'
  const start = props.start === 1 ? '' : (props.start ?? '')
  return `${type}${start}(${children}${props.href ? ` → ${props.href}` : ''})`
}

describe('Markdown blocks', () => {
  it.each(
    // biome-ignore format: table
    [
      ['a paragraph of two lines', 'one\n two', 'p(one⏎two)'],
      ['lines that end in carriage returns', 'one\r\n\r\n- two\r\n', 'p(one) ul(li(two))'],
      ['headings', '# One\n### Two ##\nThree\n=====\nFour\n---', 'h3(One) h3(Two) h3(Three) h3(Four)'],
      ['a rule', 'one\n\n---\n* * *', 'p(one) hr() hr()'],
      ['code in a fence', '```ts\nlet a = `b`\n\n  c\n```\nend', 'pre(let a = `b`\n\n  c) p(end)'],
      ['indented code', 'one\n\n    two\n      three\n\nfour', 'p(one) pre(two\n  three) p(four)'],
      ['a quote', '> one\n> > two\nthree\n\nfour', 'blockquote(p(one)blockquote(p(two⏎three))) p(four)'],
      ['a list', '- one\n- two\n  still two\nlazy\n\nend', 'ul(li(one)li(two⏎still two⏎lazy)) p(end)'],
      ['lists in lists', '1. one\n   - a\n     - b\n   - c\n2. two', 'ol(li(oneul(li(aul(li(b)))li(c)))li(two))'],
      ['a table', 'Look:\n| a | b |\n|---|:-:|\n| `c\\|d` | *e* | f |\n| g\n\nend', 'p(Look:) table(thead(tr(th(a)th(b)))tbody(tr(td(code(c|d))td(em(e)))tr(td(g)td()))) p(end)'],
      ['nothing', ' \n\n', ''],
    ],
  )('are parsed: %s', (_what, text, shown) => {
    expect(read(text)).toBe(shown)
  })
})

describe('inline Markdown', () => {
  it.each(
    // biome-ignore format: table
    [
      ['emphasis', '*a* _b_ **c** __d__ ***e*** ~~f~~', 'em(a) em(b) strong(c) strong(d) em(strong(e)) del(f)'],
      ['code', '`a` ``b ` c`` ` `` ` `d', 'code(a) code(b ` c) code(``) `d'],
      ['escapes', '\\*a\\* \\` \\a \\[b](c)', '*a* ` \\a [b](c)'],
      ['a link', '[a *b*](https://x.example/c_(d)_e "title") f', 'a(a em(b) → https://x.example/c_(d)_e) f'],
      ['a link in a link', '[a [b](https://x.example) c](https://y.example)', '[a a(b → https://x.example/) c](a(https://y.example → https://y.example/))'],
      ['an address in a link', '[a <https://x.example> c](https://y.example)', 'a(a https://x.example c (y.example) → https://y.example/)'],
      ['the name of another host in several pieces', '[login.micro*soft*`.com`](https://x.example)', 'a(login.microem(soft)code(.com) (x.example) → https://x.example/)'],
      ['an image', '![a *b*](https://x.example/b)', '![a *b*](https://x.example/b)'],
      ['an image in a link', '[![a](https://x.example/b)](https://y.example)', 'a(![a](https://x.example/b) (y.example) → https://y.example/)'],
      ['links that are not https', '[a](http://x) [b](/c) [d](javascript:e) [f](data:g)', '[a](http://x) [b](/c) [d](javascript:e) [f](data:g)'],
      ['links that hide their target', '[a](javascript&colon;b) [c](&#x6a;avascript:d)', '[a](javascript:b) [c](javascript:d)'],
      ['a link without a target', '[a]()', 'a'],
      ['references', '[a][b]\n[b]: https://x.example', '[a][b]⏎[b]: a(https://x.example → https://x.example/)'],
      ['an address', 'See https://x.example/a.', 'See a(https://x.example/a → https://x.example/a).'],
      ['addresses with other schemes', 'http://x.example ftp://x.example', 'http://x.example ftp://x.example'],
      ['names of hosts and mail addresses', 'x.example a@x.example', 'x.example a@x.example'],
      ['an address in angle brackets', '<https://x.example> <http://y.example>', 'a(https://x.example → https://x.example/) <http://y.example>'],
      ['tags', 'a < b <img src="x"> </p> <3', 'a < b <img src="x"> </p> <3'],
    ],
  )('is parsed: %s', (_what, text, shown) => {
    expect(read(text)).toBe(`p(${shown})`)
  })
})

describe('Text that would change the reading direction', () => {
  const override = '\u202E'
  it.each(
    // biome-ignore format: table
    [
      ['a paragraph', `a ${override}b\u202C`, 'p(a ‹U+202E›b‹U+202C›)'],
      ['each control', '\u061C\u200E\u200F\u202A\u202B\u202D\u2066\u2067\u2068\u2069',
        'p(‹U+061C›‹U+200E›‹U+200F›‹U+202A›‹U+202B›‹U+202D›‹U+2066›‹U+2067›‹U+2068›‹U+2069›)'],
      ['entities', '&#x202e;a &#8238;b &rlm;c &lrm;', 'p(‹U+202E›a ‹U+202E›b ‹U+200F›c ‹U+200E›)'],
      ['a heading', `# a${override}`, 'h3(a‹U+202E›)'],
      ['an item and a quote', `- a${override}\n\n> b${override}`, 'ul(li(a‹U+202E›)) blockquote(p(b‹U+202E›))'],
      ['a cell', `| a${override} |\n|-|\n| b${override} |`, 'table(thead(tr(th(a‹U+202E›)))tbody(tr(td(b‹U+202E›))))'],
      ['code', `\`a${override}\`\n\n\`\`\`\nb${override}\n\`\`\``, 'p(code(a‹U+202E›)) pre(b‹U+202E›)'],
      ['emphasis', `**a${override}** *${override}b*`, 'p(strong(a‹U+202E›) em(‹U+202E›b))'],
      ['the text of a link', `[${override}moc.tfosorcim](https://x.example)`, 'p(a(‹U+202E›moc.tfosorcim (x.example) → https://x.example/))'],
      ['the address of a link, which stays the same', `[a](https://x.example/b${override}c)`, 'p(a(a → https://x.example/b%E2%80%AEc))'],
      ['an image', `![a${override}](https://x.example)`, 'p(![a‹U+202E›](https://x.example/))'],
      ['tags', `<b dir=rtl>${override}</b>`, 'p(<b dir=rtl>‹U+202E›</b>)'],
      ['Arabic and Hebrew, which need none', 'مرحبا **בעולם** 👩‍💻', 'p(مرحبا strong(בעולם) 👩‍💻)'],
    ],
  )('is spelt out: %s', (_what, text, shown) => {
    expect(read(text)).toBe(shown)
  })
})

// biome-ignore format: table
const signs = [
  'a', 'b ', ' ', '  ', '\n', '\n\n', '*', '**', '_', '~~', '`', '``', '```\n', '[', '](', ')', '![', '<', '>', '> ', '- ',
  '* ', '1. ', '#', '# ', '|', '|-|', '---', '\n| a | b |\n|---|---|\n', '\\', 'https://x.example/', '"', '\t',
]

describe('any text', () => {
  const markdown = fc.array(fc.constantFrom(...signs), { maxLength: 40 }).map(parts => parts.join(''))

  it('is contained whole in its blocks', () => {
    fc.assert(
      fc.property(markdown, text => {
        const raw = parseMarkdown(text).map(block => block.raw)
        expect(raw.join('')).toBe(text.trim() === '' ? '' : text)
      }),
      { numRuns: 1_000 },
    )
  })

  it('is parsed the same if it comes in pieces', () => {
    fc.assert(
      fc.property(markdown, fc.array(fc.nat(8), { maxLength: 30 }), (text, pieces) => {
        expect(readInPieces(text, pieces)).toBe(read(text))
      }),
      { numRuns: 1_000 },
    )
  })

  it.each([
    ['a table that becomes something else', 'a\n|-|\n--', '--b'],
    ['a list that becomes a line of the paragraph before it', 'a\n1', '984. b'],
    ['a heading that becomes a list', 'a\n\nb\n-', ' c'],
  ])('is parsed the same if it comes in pieces: %s', (_what, first, rest) => {
    expect(readInPieces(first + rest, [first.length])).toBe(read(first + rest))
  })
})

function readInPieces(text: string, pieces: readonly number[]): string {
  let blocks: readonly ParsedBlock[] = []
  let end = 0
  for (const length of [...pieces, text.length]) {
    end = Math.min(end + length, text.length)
    const settled = settledBlocks(blocks)
    const begin = settled.reduce((sum, { raw }) => sum + raw.length, 0)
    blocks = [...settled, ...parseMarkdown(text.slice(begin, end))]
  }
  return shorten(blocks)
}

const fill = (text: string) => (length: number) => text.repeat(length / text.length)

/** Texts of any length, besides those that repeat a few signs, that have made Markdown parsers slow. */
// biome-ignore format: table
const slowTexts: readonly (readonly [what: string, textOf: (length: number) => string, isPlain?: true])[] = [
  ['emphasis in emphasis', length => fill('*a **a ')(length / 2) + fill('b** b* ')(length / 2), true],
  ['many stars', length => `${fill('*')(length / 2)}a${fill('*')(length / 2)}`, true],
  ['nested brackets', length => fill('[a')(length / 2) + fill('](')(length / 2)],
  ['links in links', length => fill('[a')(length / 4) + fill('](https://x.example)')(length)],
  ['images in images', length => fill('![')(length / 3) + fill('](a)')(length)],
  ['runs of backticks in all lengths', length => Array.from({ length: Math.sqrt(length) }, (_, run) => '`'.repeat(run)).join(' ')],
  ['spaces', length => `a${fill(' ')(length)}b`],
  ['line breaks', fill('a  \n'), true],
  ['quotes in quotes', length => `${fill('>')(length)} deep`, true],
  ['lists in lists', length => `${fill('- ')(length)}deep`, true],
  ['lists that go deeper', length => Array.from({ length: Math.sqrt(length) }, (_, depth) => `${'  '.repeat(depth)}- a`).join('\n'), true],
  ['alternating lists and quotes', length => `${fill('> - ')(length)}deep`, true],
  ['items with blank lines', fill('1. a\n\n'), true],
  ['pipes', length => `${fill('|')(length)}\n|-|`],
  ['pipes on both lines', length => `${fill('a|')(length / 2)}\n${fill('-|')(length / 2)}`, true],
  ['a wide table with short rows', length => `${fill('a|')(length / 3)}\n${fill('-|')(length / 3)}\n${fill('|\n')(length / 3)}`],
  ['markers of headings', length => `#${fill(' #')(length)}a`],
]

describe('hostile text', () => {
  const length = 100_000

  it('of a few signs that are repeated is kept whole, and no element is too deep for the stack', () => {
    const few = fc
      .array(fc.constantFrom(...signs), { minLength: 1, maxLength: 4 })
      .map(parts => parts.join(''))
    fc.assert(
      fc.property(few, piece => expectWholeAndFlat(piece.repeat(length / piece.length))),
      { numRuns: 25 },
    )
  })

  for (const [what, textOf, isPlain] of slowTexts)
    it(`of ${what} is kept whole, and no element is too deep for the stack`, () => {
      const text = textOf(length)
      expectWholeAndFlat(text)
      if (isPlain) expect(parseMarkdown(text), 'plain text').toEqual([{ raw: text, tokens: undefined }])
    })

  it('is shown as plain text where it nests too deep; the text around it is formatted', () => {
    const inside = (depth: number) => `${'> '.repeat(depth)}deep`
    expect(read(`a\n\n${inside(deepestNesting)}\n\nb`)).toBe(`p(a) plain(${inside(deepestNesting)}\n\n) p(b)`)
    expect(read(inside(deepestNesting - 2))).toMatch(/^blockquote.*p\(deep\)/)
  })

  it('is shown as plain text if it has more elements than a browser lays out at once', () => {
    const items = (count: number) => `${'- a\n'.repeat(count)}\nend`
    expect(read(items(mostElements - 1))).toMatch(/^ul.* p\(end\)$/)
    expect(read(items(mostElements))).toMatch(/^plain(.|\n)* p\(end\)$/)
  })

  it('is shown as plain text if it is longer than any answer', () => {
    expect(read('*a*\n\n'.repeat(longestText / 5))).toMatch(/^p\(em/)
    expect(read('*a*\n\n'.repeat(longestText / 5 + 1))).toMatch(/^plain/)
  })
})

function expectWholeAndFlat(text: string): void {
  const blocks = parseMarkdown(text)
  expect(blocks.map(({ raw }) => raw).join('')).toBe(text.trim() === '' ? '' : text)
  expect(Math.max(0, ...blocks.map(({ tokens = [] }) => depthOf(elementsOf(tokens))))).toBeLessThan(
    deepestNesting,
  )
}

/** The nesting of elements, without the frames around tables and code. */
function depthOf(node: ComponentChildren): number {
  if (Array.isArray(node))
    return node.reduce<number>((deepest, child) => Math.max(deepest, depthOf(child)), 0)
  if (!isValidElement(node)) return 0
  const isFrame = ['section', 'div', 'bdi'].includes(`${node.type}`)
  return depthOf(node.props.children) + (isFrame ? 0 : 1)
}

describe('a long answer', () => {
  const paragraph = 'Some **bold *and* slanted** words, `code` and a [link](https://x.example/).\n\n'

  it.each([
    ['paragraphs', paragraph, 'p(', 1],
    ['a table', '| Oslo | **12 °C** | `rain` | wind from the north |\n', 'tr(', 1, '|a|b|c|d|\n|-|-|-|-|\n'],
    ['a list', '- one **two** `three`\n', 'li(', 1],
    ['lists in a list', '- one\n  - two\n    1. three\n', 'li(', 3],
    ['code', 'let a = *b*\n', '*b*', 1, '```\n'],
  ])('of %s is formatted', (_what, piece, element, times, before = '') => {
    const count = Math.ceil(100_000 / piece.length)
    const shown = read(before + piece.repeat(count))
    expect(shown).not.toContain('plain(')
    expect(shown.split(element).length - 1).toBeGreaterThanOrEqual(count * times)
  })

  it('is parsed only once while it comes in, apart from its end', () => {
    const text = paragraph.repeat(1_000)
    let settled = 0
    for (let end = 0; end < text.length; end += 50) {
      const rest = text.slice(settled, end)
      expect(rest.length).toBeLessThan(3 * paragraph.length)
      settled += settledBlocks(parseMarkdown(rest)).reduce((sum, { raw }) => sum + raw.length, 0)
    }
    expect(settled).toBeGreaterThan(text.length - 3 * paragraph.length)
  })
})
