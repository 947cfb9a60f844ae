import { orderOfGrowth } from '@entra-agents/trace/testing/cpu-time'
import type { CallToolResult } from '@modelcontextprotocol/client'
import { expect, it } from 'vitest'
import { readResult } from './result.ts'

const text = (words: string) => ({ type: 'text' as const, text: words })
const read = (result: CallToolResult, maxCharacters = 1_000) => readResult(result, maxCharacters).parts

const structuredContent = { rows: [{ city: 'Oslo', count: 3 }] }
const sameInJson = '{ "rows": [ { "count": 3, "city": "Oslo" } ] }'
const token = `${btoa('{"alg":"RS256"}')}.${'a'.repeat(400)}.${'b'.repeat(342)}`

it.each<[string, CallToolResult, string]>([
  ['texts', { content: [text('one'), text('two')] }, 'one\ntwo'],
  [
    'structured content beside a text that says something else',
    { content: [text('1 row')], structuredContent },
    '1 row\n{"rows":[{"city":"Oslo","count":3}]}',
  ],
  [
    'structured content once if a text is the same JSON',
    { content: [text(sameInJson)], structuredContent },
    sameInJson,
  ],
  [
    'structured content alone if there is no text',
    { content: [], structuredContent },
    '{"rows":[{"city":"Oslo","count":3}]}',
  ],
  [
    'whole characters, up to the limit',
    { content: [text('🌧'.repeat(1_500))] },
    `${'🌧'.repeat(1_000)}\n[Cut here: these are the first 1000 of 1500 characters.]`,
  ],
  [
    'the limit of all texts together',
    {
      content: [
        text('x'.repeat(600)),
        { type: 'image', data: '', mimeType: 'image/png' },
        text('y'.repeat(600)),
      ],
    },
    `${'x'.repeat(600)},image,${'y'.repeat(400)}\n[Cut here: these are the first 1000 of 1200 characters.]`,
  ],
  ['all that is seen, without a mark', { content: [text(`seen${'\u200b'.repeat(1_000)}`)] }, 'seen'],
  [
    'no part of a token, although the text is cut in its middle',
    { content: [text(`${'x '.repeat(450)}${token} ${'y'.repeat(5_000)}`)] },
    `${'x '.repeat(450)}‹token removed› ${'y'.repeat(84)}\n[Cut here: these are the first 1000 of 6665 characters.]`,
  ],
])('The model reads %s', (_what, result, expected) => {
  expect(
    read(result)
      .map(part => (part.type === 'text' ? part.text : part.type))
      .join(),
  ).toBe(expected)
})

const structure = (kib: number): CallToolResult => ({
  content: Array.from({ length: kib * 8 }, () => text('{}')),
  structuredContent: Object.fromEntries(Array.from({ length: kib * 16 }, (_, index) => [`k${index}`, 0])),
})
it.each<[string, (kib: number) => CallToolResult]>([
  ...['eyJaaaaaaaa-', '\u200b', '🌧'].map((part): [string, (kib: number) => CallToolResult] => [
    `a text of “${part}”`,
    kib => ({ content: [text('word '.padEnd(kib * 1024, part))] }),
  ]),
  ['structured content beside many texts', structure],
])('Reading takes linear time: %s', (_what, resultOf) => {
  const reading = (kib: number) => {
    const result = resultOf(kib)
    return () => read(result)
  }
  expect(orderOfGrowth(reading, 64)).toBeLessThan(1.5)
})
