import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EventStreamParser, type StreamEvent } from './event-stream.ts'

function parse(...pieces: string[]): StreamEvent[] {
  const parser = new EventStreamParser()
  return pieces.flatMap(piece => parser.push(piece))
}

describe('EventStreamParser', () => {
  it('reads name, data and id of each event', () => {
    expect(parse('id: 1\nevent: turn\ndata: {"a":1}\n\nid: 2\nevent: delta\ndata: x\n\n')).toEqual([
      { event: 'turn', data: '{"a":1}', id: '1' },
      { event: 'delta', data: 'x', id: '2' },
    ])
  })

  it.each([
    ['LF', '\n'],
    ['CR', '\r'],
    ['CRLF', '\r\n'],
  ])('accepts %s as line end', (_name, end) => {
    expect(parse(['event: a', 'data: 1', 'data: 2', '', ''].join(end))).toEqual([
      { event: 'a', data: '1\n2', id: '' },
    ])
  })

  it('does not take the two halves of a CRLF for two line ends', () => {
    expect(parse('data: 1\r', '\ndata: 2\r', '\n\r', '\n')).toEqual([
      { event: 'message', data: '1\n2', id: '' },
    ])
  })

  it('completes an event at a lone CR without waiting for what follows', () => {
    expect(parse('data: 1\r\r')).toEqual([{ event: 'message', data: '1', id: '' }])
  })

  it('ignores comments, unknown fields and a byte order mark at the start', () => {
    expect(parse('\uFEFFdata: 1\n: keep-alive\nretry: 10\nfoo: bar\n\n')).toEqual([
      { event: 'message', data: '1', id: '' },
    ])
  })

  it('removes one space after the colon and no more', () => {
    expect(parse('data:  two\ndata:none\ndata\n\n')).toEqual([
      { event: 'message', data: ' two\nnone\n', id: '' },
    ])
  })

  it('drops an event without data, and its name with it', () => {
    expect(parse('event: ghost\n\ndata: real\n\n')).toEqual([{ event: 'message', data: 'real', id: '' }])
  })

  it('remembers the id, and ignores one with a NUL', () => {
    expect(parse('id: 7\ndata: a\n\ndata: b\n\nid: 8\0\ndata: c\n\n').map(event => event.id)).toEqual([
      '7',
      '7',
      '7',
    ])
  })

  it('never returns an event that broke off', () => {
    expect(parse('data: whole\n\ndata: half\n')).toHaveLength(1)
  })

  it('finds the same events however the text is cut', () => {
    const line = fc.oneof(
      fc.constantFrom('', '', 'data', ': ping', 'id: 3', 'event: delta', 'data: {"text":"Zoë 李 🌦"}'),
      fc.string().map(text => `data: ${text}`),
    )
    const stream = fc
      .array(fc.tuple(line, fc.constantFrom('\n', '\r', '\r\n')), { maxLength: 30 })
      .map(lines => lines.map(([text, end]) => text + end).join(''))
    fc.assert(
      fc.property(stream, fc.array(fc.nat(), { maxLength: 12 }), (text, cuts) => {
        const places = cuts.map(cut => cut % (text.length + 1)).sort((a, b) => a - b)
        const pieces = [0, ...places].map((from, index) => text.slice(from, places[index] ?? text.length))
        expect(pieces.join('')).toBe(text)
        expect(parse(...pieces)).toEqual(parse(text))
      }),
    )
  })
})
