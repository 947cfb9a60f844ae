import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Block, Inline } from './nodes.ts'
import { parseMarkdown, settledBlocks } from './parse.ts'
import { Work } from './work.ts'

/** What was read, in a short form: `p(one strong(two))`. */
function read(text: string): string {
  return parseMarkdown(text)
    .map(({ block }) => blockText(block))
    .join(' ')
}

function blockText(block: Block): string {
  switch (block.type) {
    case 'paragraph':
      return `p(${inlineText(block.children)})`
    case 'heading':
      return `h(${inlineText(block.children)})`
    case 'code':
    case 'plain':
      return `${block.type}(${block.text})`
    case 'quote':
      return `quote(${block.blocks.map(blockText).join(' ')})`
    case 'rule':
      return 'rule'
    case 'list': {
      const items = block.items.map(item => `[${item.map(blockText).join(' ')}]`).join('')
      return `${block.start ?? 'list'}${block.loose ? ' loose' : ''}${items}`
    }
    case 'table': {
      const rows = [block.header, ...block.rows].map(row => row.map(inlineText).join('|'))
      return `table(${rows.join('/')})`
    }
  }
}

function inlineText(inlines: readonly Inline[]): string {
  return inlines.map(textOf).join('')
}

function textOf(inline: Inline): string {
  switch (inline.type) {
    case 'text':
      return inline.text
    case 'code':
      return `code(${inline.text})`
    case 'break':
      return '⏎'
    case 'link':
      return `link(${inlineText(inline.children)} → ${inline.href})`
    default:
      return `${inline.type}(${inlineText(inline.children)})`
  }
}

describe('blocks', () => {
  it.each([
    ['a paragraph of two lines', 'one\n two', 'p(one⏎two)'],
    ['two paragraphs', 'one\n\n\ntwo', 'p(one) p(two)'],
    ['lines that end in carriage returns', 'one\r\n\r\n- two\r\n', 'p(one) list[p(two)]'],
    ['headings', '# One\n### Two ##\nThree\n=====\nFour\n---', 'h(One) h(Two) h(Three) h(Four)'],
    ['what looks like a heading', '#One\n####### Two', 'p(#One⏎####### Two)'],
    ['a rule', 'one\n\n---\n* * *', 'p(one) rule rule'],
    ['code in a fence', '```ts\nlet a = `b`\n\n  c\n```\nend', 'code(let a = `b`\n\n  c) p(end)'],
    ['a fence that is never closed', '~~~\n# not a heading\n```', 'code(# not a heading\n```)'],
    ['indented code', 'one\n\n    two\n      three\n\nfour', 'p(one) code(two\n  three) p(four)'],
    ['a quote', '> one\n> > two\nthree\n\nfour', 'quote(p(one) quote(p(two⏎three))) p(four)'],
    ['a list', '- one\n- two\n  still two\nlazy\n\nend', 'list[p(one)][p(two⏎still two⏎lazy)] p(end)'],
    ['a list with paragraphs', '1. one\n\n   more\n2. two', '1 loose[p(one) p(more)][p(two)]'],
    [
      'lists in lists',
      '1. one\n   - a\n     - b\n   - c\n2. two',
      '1[p(one) list[p(a) list[p(b)]][p(c)]][p(two)]',
    ],
    ['lists indented by tabs', '* one\n\t* two', 'list[p(one) list[p(two)]]'],
    ['lists of different bullets', '- one\n* two\n3) three', 'list[p(one)] list[p(two)] 3[p(three)]'],
    ['an item with code', '- one\n\n  ```\n  two\n  ```', 'list loose[p(one) code(two)]'],
    ['an empty item', '-\n- two', 'list[][p(two)]'],
    ['a number that is no list', 'In\n1984. it was', 'p(In⏎1984. it was)'],
    [
      'a table',
      'Look:\n| a | b |\n|---|:-:|\n| `c\\|d` | *e* | f |\n| g\n\nend',
      'p(Look:) table(a|b/code(c|d)|em(e)/g) p(end)',
    ],
    ['what looks like a table', '| a | b |\n|---|', 'p(| a | b |⏎|---|)'],
    ['nothing', ' \n\n', ''],
  ])('reads %s', (_what, text, shown) => {
    expect(read(text)).toBe(shown)
  })

  it('keeps the text of each, so that what is drawn can be told from what is new', () => {
    const text = '\n# One\n\n- two\n\n  three\n\n\nfour\n'
    expect(parseMarkdown(text).map(({ raw }) => raw)).toEqual([
      '\n# One\n\n',
      '- two\n\n  three\n\n\n',
      'four\n',
    ])
  })
})

describe('running text', () => {
  it.each([
    [
      'emphasis',
      '*a* _b_ **c** __d__ ***e*** ~~f~~ ~g~',
      'em(a) em(b) strong(c) strong(d) em(strong(e)) del(f) del(g)',
    ],
    ['emphasis in emphasis', '**a *b* c**', 'strong(a em(b) c)'],
    [
      'stars and underscores that mean nothing',
      '2 * 3 * 4, snake_case_name, * a*, **',
      '2 * 3 * 4, snake_case_name, * a*, **',
    ],
    ['what is not closed', '**a *b _c', '**a *b _c'],
    ['runs of different lengths', '**a* ***b**', '*em(a) *strong(b)'],
    ['code', '`a` ``b ` c`` ` `` ` `d', 'code(a) code(b ` c) code(``) `d'],
    ['emphasis and code', '*a `b*` c*', 'em(a code(b*) c)'],
    ['escapes', '\\*a\\* \\` \\a \\[b](c)', '*a* ` \\a [b](c)'],
    ['a line that is broken by hand', 'a\\\nb  \nc', 'a⏎b⏎c'],
    ['a link', '[a *b*](https://x.example/c_(d)_e "title") f', 'link(a em(b) → https://x.example/c_(d)_e) f'],
    ['a link in angle brackets', '[a](<https://x.example/b c>)', 'link(a → https://x.example/b c)'],
    ['brackets that are no link', '[a] [b][c] ](d) [e](f g) [h](', '[a] [b][c] ](d) [e](f g) [h]('],
    ['brackets in a link', '[a [b]](https://x.example)', 'link(a [b] → https://x.example)'],
    [
      'a link in a link',
      '[a [b](https://x.example) c](https://y.example)',
      '[a link(b → https://x.example) c](link(https://y.example → https://y.example))',
    ],
    ['emphasis around a link', '**[a](https://x.example)**', 'strong(link(a → https://x.example))'],
    ['emphasis that ends in a link', '*a [b*](https://x.example)', '*a link(b* → https://x.example)'],
    ['an image', '![a](https://x.example/b)', '![a](https://x.example/b)'],
    [
      'an address',
      'See https://x.example/a_b?c=*d*, (https://y.example/e_(f)).',
      'See link(https://x.example/a_b?c=*d → https://x.example/a_b?c=*d)*, (link(https://y.example/e_(f) → https://y.example/e_(f))).',
    ],
    [
      'addresses that are none',
      'http://x.example xhttps://y.example https:/z',
      'http://x.example xhttps://y.example https:/z',
    ],
    [
      'an address in angle brackets',
      '<https://x.example> <http://y.example>',
      'link(https://x.example → https://x.example) <http://y.example>',
    ],
    ['tags', 'a < b <img src="https://x.example"> </p> <3', 'a < b <img src="https://x.example"> </p> <3'],
  ])('reads %s', (_what, text, shown) => {
    expect(read(text)).toBe(`p(${shown})`)
  })
})

describe('any text', () => {
  const signs = [
    'a',
    'b ',
    ' ',
    '  ',
    '\n',
    '\n\n',
    '*',
    '**',
    '_',
    '~~',
    '`',
    '``',
    '```\n',
    '[',
    '](',
    ')',
    '![',
    '<',
    '>',
  ]
  const more = [
    '> ',
    '- ',
    '* ',
    '1. ',
    '#',
    '# ',
    '|',
    '|-|',
    '---',
    '\n| a | b |\n|---|---|\n',
    '\\',
    'https://x.example/',
    '"',
    '\t',
  ]
  const markdown = fc
    .array(fc.constantFrom(...signs, ...more), { maxLength: 40 })
    .map(parts => parts.join(''))

  it('is kept whole by its blocks', () => {
    fc.assert(
      fc.property(markdown, text => {
        const raw = parseMarkdown(text).map(block => block.raw)
        expect(raw.join('')).toBe(text.trim() === '' ? '' : text)
      }),
      { numRuns: 1_000 },
    )
  })

  it('is read the same when it comes in pieces', () => {
    fc.assert(
      fc.property(markdown, markdown, (first, rest) => {
        const text = first + rest
        const settled = settledBlocks(parseMarkdown(first))
        const end = settled.map(({ raw }) => raw).join('').length
        expect([...settled, ...parseMarkdown(text.slice(end))]).toEqual(parseMarkdown(text))
      }),
      { numRuns: 2_000 },
    )
  })
})

const times = (text: string) => (length: number) => text.repeat(length / text.length)

/** What has made parsers of Markdown slow, in any length. */
const hostile: readonly (readonly [what: string, textOf: (length: number) => string])[] = [
  ['emphasis of two kinds', times('*a_')],
  ['emphasis that opens', times('**a *b ')],
  ['emphasis that closes', times('a** b* ')],
  ['emphasis in emphasis', length => times('*a **a ')(length / 2) + times('b** b* ')(length / 2)],
  ['emphasis of different lengths', times('a***b****c*')],
  ['runs that open and close', times('*_~~')],
  ['runs between letters', times('a*_~~')],
  ['many stars', length => `${times('*')(length / 2)}a${times('*')(length / 2)}`],
  ['strikethrough', times('~a ~~b ')],
  ['brackets that open', times('[')],
  ['brackets that close', times(']')],
  ['nested brackets', length => times('[a')(length / 2) + times('](')(length / 2)],
  ['links that never end', times('[a](')],
  ['targets in angle brackets that never end', times('[a](<b')],
  ['titles that never end', times('[a](b "')],
  ['titles of both kinds', times('[a](b "c \'')],
  ['links in links', length => times('[a')(length / 4) + times('](https://x.example)')(length)],
  ['images in images', length => times('![')(length / 3) + times('](a)')(length)],
  ['links in emphasis', times('*[a](https://x.example)_')],
  ['backticks', times('a` ``')],
  [
    'runs of backticks in all lengths',
    length => Array.from({ length: Math.sqrt(length) }, (_, run) => '`'.repeat(run)).join(' '),
  ],
  ['angle brackets', times('<')],
  ['tags that never end', times('<a ')],
  ['addresses', times('https://')],
  ['addresses in words', times('xhttps://')],
  ['addresses that end in signs', times('https://a)))...')],
  ['escapes', times('\\')],
  ['blanks', length => `a${times(' ')(length)}b`],
  ['line breaks', times('a  \n')],
  ['quotes in quotes', length => `${times('>')(length)} deep`],
  ['deep quotes, line by line', times('> > > > > > > > > > > > > > > a\n')],
  ['lists in lists', length => `${times('- ')(length)}deep`],
  [
    'lists that go deeper',
    length => Array.from({ length: Math.sqrt(length) }, (_, depth) => `${'  '.repeat(depth)}- a`).join('\n'),
  ],
  ['lists and quotes in turns', length => `${times('> - ')(length)}deep`],
  ['items with blank lines', times('1. a\n\n')],
  ['pipes', length => `${times('|')(length)}\n|-|`],
  ['pipes on both lines', length => `${times('a|')(length / 2)}\n${times('-|')(length / 2)}`],
  [
    'a wide table with short rows',
    length => `${times('a|')(length / 3)}\n${times('-|')(length / 3)}\n${times('|\n')(length / 3)}`,
  ],
  ['lines that might begin a table', times('a|b\n')],
  ['signs for headings', length => `#${times(' #')(length)}a`],
  ['headings with a line below', times('a\n=\n')],
  ['rules that are none', times('- - - x')],
  ['fences', times('```\n')],
  ['references', times('[a]: b\n')],
]

describe('hostile text', () => {
  function stepsPerCharacter(text: string): number {
    const work = new Work(text.length)
    const [first] = parseMarkdown(text, work)
    expect(first?.block.type).not.toBe('plain')
    return work.steps / text.length
  }

  it.each(hostile)('of %s takes work linear in its length', (_what, textOf) => {
    const inShort = stepsPerCharacter(textOf(32_000))
    const inLong = stepsPerCharacter(textOf(100_000))
    expect(inLong).toBeLessThan(100)
    expect(inLong).toBeLessThan(1.1 * inShort)
  })

  it('that is emphasised beyond reason stands as it is', () => {
    const text = `${'*a **a '.repeat(50)}\n${'b** b* '.repeat(50)}`
    expect(read(text)).toBe(`p(${text.replace(' \n', '⏎').trim()})`)
  })

  it('is plain where reading it would take too much work after all, and where it is longer than any answer', () => {
    const text = 'one *two* '.repeat(50)
    expect(parseMarkdown(text, new Work(0))).toEqual([{ raw: text, block: { type: 'plain', text } }])
    expect(read('*a* '.repeat(60_000))).toMatch(/^plain/)
  })
})
