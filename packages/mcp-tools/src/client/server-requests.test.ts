import { orderOfGrowth } from '@entra-agents/trace/testing/cpu-time'
import { createParser } from 'eventsource-parser'
import { expect, it } from 'vitest'
import { type ServerAnswer, ServerRequests } from './server-requests.ts'

const ping = JSON.stringify({ jsonrpc: '2.0', id: 'q', method: 'ping' })
const result = JSON.stringify({ jsonrpc: '2.0', id: 1, result: { content: [] } })

/** Reads a stream in pieces; returns what was answered, and the data of the other events. */
function read(pieces: Iterable<string>) {
  const answers: ServerAnswer[] = []
  const requests = new ServerRequests(answer => answers.push(answer))
  for (const piece of pieces) requests.take(piece)
  const others: string[] = []
  createParser({ onEvent: ({ data }) => others.push(data) }).feed(requests.rest)
  return { answers, others }
}

it.each(['\n\n', '\r\n\r\n', '\r\r', '\n\r\n', '\r\n\n', '\n\r'])(
  'A server’s request is answered, and left out of the stream, when events end in %j, however the stream is cut',
  end => {
    const stream = [
      ': hello',
      `event: message\ndata: ${ping}`,
      `id: 7\ndata: ${result}`,
      'data: a\ndata:b',
      '',
    ]
      .join('\n\n')
      .replaceAll(/\n\n/g, end)
    const expected = { answers: [{ jsonrpc: '2.0', id: 'q', result: {} }], others: [result, 'a\nb'] }
    expect(read([stream])).toEqual(expected)
    expect(read(stream)).toEqual(expected)
    expect(read(stream.match(/.{1,7}/gs) ?? [])).toEqual(expected)
  },
)

it('A request is answered as soon as its event has ended', () => {
  const answers: ServerAnswer[] = []
  const requests = new ServerRequests(answer => answers.push(answer))
  for (const character of `data: ${ping}\r`) requests.take(character)
  expect(answers).toEqual([])
  requests.take('\r')
  expect(answers).toHaveLength(1)
})

it.each([
  ['one long line', '', 'x', ''],
  ['one long line of data', 'data: ', 'x', '\n\n'],
  ['empty lines', '', '\n', ''],
  ['empty lines before a carriage return', '', '\n', '\r'],
  ['carriage returns', '', '\r', ''],
  ['unknown fields', '', 'a\n', ''],
  ['an event of many lines', '', 'data:\n', '\n'],
])('Reading takes linear time for %s, in one piece and in pieces of one byte', (_what, start, part, end) => {
  const stream = (kib: number) => start.padEnd(kib * 1024, part) + end
  const read = (pieces: Iterable<string>) => () => {
    const requests = new ServerRequests(() => {})
    for (const piece of pieces) requests.take(piece)
    return requests.rest
  }
  expect(orderOfGrowth(kib => read([stream(kib)]), 16)).toBeLessThan(1.5)
  expect(orderOfGrowth(kib => read(stream(kib)), 16)).toBeLessThan(1.5)
})
