import fc from 'fast-check'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import {
  ScriptedBedrock,
  type StreamEvent,
  stopEvents,
  textBlock,
  toFrame,
  toolBlock,
} from '../../contract/bedrock/scripted-bedrock.ts'
import { forFile } from '../../support/for-file.ts'
import { connectMode, credentials, type FinishedTurn, runTurn } from './run-turn.ts'

const server = await forFile(new ScriptedBedrock().start())
const connection = connectMode({ ...credentials, AWS_ENDPOINT_URL: server.url })
afterEach(() => void server.requests.splice(0))
afterAll(() => connection.bedrock.close())

const bytesOf = (events: readonly StreamEvent[]) => Buffer.concat(events.map(toFrame))
const twoToolCalls = [
  ...textBlock('Einen Moment – 待って … 🌦'),
  ...toolBlock(1, 'tooluse_0', 'get_weather', '{"ci', 'ty": "Os', 'lo"}'),
  ...toolBlock(2, 'tooluse_1', 'get_weather', '{"city":"Zürich"}'),
  ...stopEvents('tool_use'),
]
const answerEvents = [...textBlock('Oslo: 3 °C, ', 'Zürich: 7 °C ', '☀️'), ...stopEvents('end_turn')]

/** Makes the server send its answers in pieces of these sizes, over and over, each piece in a packet of its own. */
function playInPieces(pieces: readonly number[]): void {
  let call = 0
  server.script = async (_request, { send, end, response }) => {
    response.socket?.setNoDelay(true)
    const bytes = bytesOf(call++ === 0 ? twoToolCalls : answerEvents)
    let start = 0
    for (let index = 0; start < bytes.length; index++) {
      const length = pieces[index % pieces.length] ?? bytes.length
      send(bytes.subarray(start, start + length))
      start += length
      await new Promise(setImmediate)
    }
    end()
  }
}

function essenceOf({ answer: said, outcome, steps }: FinishedTurn) {
  return { said, outcome, steps: steps.map(({ kind, status, title }) => ({ kind, status, title })) }
}

describe('the event stream', () => {
  it('means the same however the network splits its bytes', async () => {
    playInPieces([1_000_000])
    const whole = essenceOf(await runTurn(connection.mode))
    expect(whole.said).toBe('Einen Moment – 待って … 🌦\n\nOslo: 3 °C, Zürich: 7 °C ☀️')
    expect(whole.outcome?.tools).toHaveLength(2)
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 8 }),
        async pieces => {
          fc.pre(Math.max(...pieces) >= 8)
          playInPieces(pieces)
          expect(essenceOf(await runTurn(connection.mode))).toEqual(whole)
        },
      ),
      { numRuns: 40 },
    )
  })

  it('can arrive byte by byte', async () => {
    playInPieces([1])
    expect((await runTurn(connection.mode)).answer).toContain('Zürich: 7 °C ☀️')
  })

  it('gives text as soon as it arrives, before the answer is complete', async () => {
    const first = Promise.withResolvers<void>()
    server.script = async (_request, { send, end }) => {
      for (const event of textBlock('Oslo ').slice(0, 2)) send(toFrame(event))
      await first.promise
      for (const event of [...textBlock('is cold.').slice(1), ...stopEvents('end_turn')]) send(toFrame(event))
      end()
    }
    const turn = await runTurn(connection.mode, { message: 'Hello', onWrite: () => first.resolve() })
    expect(turn.deltas).toEqual(['Oslo ', 'is cold.'])
  })

  it.each([1, 30, 200])(
    'that is cut %i bytes before its end gives a failure or the complete answer, never a shorter one',
    async missing => {
      const bytes = bytesOf([...textBlock('Oslo is cold.'), ...stopEvents('end_turn')])
      server.script = (_request, { response }) => {
        response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' })
        response.write(bytes.subarray(0, bytes.length - missing), () => response.socket?.destroy())
      }
      const turn = await runTurn(connection.mode)
      // The last event has the usage only, so the answer is complete if the client received the event before it.
      if (turn.failure) expect(turn.failure.code).toBe('BEDROCK_STREAM_BROKEN')
      else expect(turn).toMatchObject({ answer: 'Oslo is cold.', outcome: { finishReason: 'stop' } })
    },
  )

  it.each([
    ['throttlingException', 'BEDROCK_THROTTLED'],
    ['modelStreamErrorException', 'BEDROCK_STREAM_BROKEN'],
    ['internalServerException', 'BEDROCK_STREAM_BROKEN'],
    ['serviceUnavailableException', 'BEDROCK_STREAM_BROKEN'],
    ['validationException', 'BEDROCK_REQUEST_INVALID'],
    ['somethingNewException', 'BEDROCK_STREAM_BROKEN'],
  ])('with the exception %s in its middle fails the turn with %s', async (exception, code) => {
    server.play([...textBlock('Oslo is'), { exception, message: 'It went wrong.' }])
    const turn = await runTurn(connection.mode)
    expect(turn.failure?.code).toBe(code)
    expect(turn.answer).toBe('Oslo is')
  })

  it('may contain events of unknown types', async () => {
    const [start, ...rest] = textBlock('Oslo is cold.')
    server.play([start ?? {}, { somethingNew: { a: 1 } }, ...rest, ...stopEvents('end_turn')])
    expect((await runTurn(connection.mode)).answer).toBe('Oslo is cold.')
  })
})
