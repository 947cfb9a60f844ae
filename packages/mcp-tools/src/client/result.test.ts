import { cpuRatio } from '@entra-agents/trace/testing/cpu-time'
import type { CallToolResult } from '@modelcontextprotocol/client'
import { expect, it } from 'vitest'
import { readResult } from './result.ts'

const text = (words: string) => ({ type: 'text' as const, text: words })
const read = (result: CallToolResult, maxCharacters = 1_000) => readResult(result, maxCharacters).parts

it.each(['eyJaaaaaaaa-', '\u200b', '🌧'])('Reading a text takes linear time (text of “%s”)', part => {
  const result = (kib: number) => ({ content: [text('word '.padEnd(kib * 1024, part))] })
  const [long, short] = [result(1024), result(256)]
  expect(
    cpuRatio(
      () => read(long),
      () => read(short),
    ),
  ).toBeLessThan(6)
})

it('Comparing structured content with the texts beside it takes linear time', () => {
  const result = (kib: number) => ({
    content: Array.from({ length: kib * 32 }, () => text('{}')),
    structuredContent: Object.fromEntries(Array.from({ length: kib * 64 }, (_, index) => [`k${index}`, 0])),
  })
  const [long, short] = [result(64), result(16)]
  expect(
    cpuRatio(
      () => read(long, 10),
      () => read(short, 10),
    ),
  ).toBeLessThan(8)
})

it('A token is taken out whole, although the text is cut in its middle', () => {
  const token = `${btoa('{"alg":"RS256"}')}.${'a'.repeat(400)}.${'b'.repeat(342)}`
  const [part] = read({ content: [text(`${'x '.repeat(450)}${token} ${'y'.repeat(5_000)}`)] })
  expect(part).toMatchObject({ text: expect.stringContaining('x ‹token removed› yyy') })
})

it('A text of which nothing is left but what is seen is not called cut', () => {
  expect(read({ content: [text(`seen${'\u200b'.repeat(1_000)}`)] })).toEqual([text('seen')])
})
