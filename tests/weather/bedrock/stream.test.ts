import fc from 'fast-check'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { staticKeys } from '../../contract/bedrock/emulated-aws.ts'
import {
  answer,
  ScriptedBedrock,
  type StreamEvent,
  textBlock,
  toFrame,
  toolBlock,
  toolStep,
} from '../../contract/bedrock/scripted-bedrock.ts'
import { forFile } from '../../support/for-file.ts'
import { connectMode, type FinishedTurn, runTurn } from './run-turn.ts'

const server = await forFile(new ScriptedBedrock().start())
const connection = connectMode({ ...staticKeys, AWS_ENDPOINT_URL: server.url })
afterEach(() => void server.requests.splice(0))
afterAll(() => connection.bedrock.close())

const bytesOf = (events: readonly StreamEvent[]) => Buffer.concat(events.map(toFrame))
const steps = [
  toolStep(
    textBlock('Einen Moment – 待って … 🌦'),
    toolBlock(1, 'tooluse_0', 'get_weather', '{"ci', 'ty": "Os', 'lo"}'),
    toolBlock(2, 'tooluse_1', 'get_weather', '{"city":"Zürich"}'),
  ),
  answer('Oslo: 3 °C, ', 'Zürich: 7 °C ', '☀️'),
].map(bytesOf)

/** Runs a turn whose stream comes in pieces of these sizes, over and over, each piece in a packet of its own. */
async function runInPieces(pieces: readonly number[]): Promise<FinishedTurn> {
  let call = 0
  server.script = async (_request, response) => {
    response.socket?.setNoDelay(true)
    const bytes = steps[call++] ?? Buffer.alloc(0)
    let start = 0
    for (let index = 0; start < bytes.length; index++) {
      const length = pieces[index % pieces.length] ?? bytes.length
      response.write(bytes.subarray(start, start + length))
      start += length
      await new Promise(setImmediate)
    }
    response.end()
  }
  return await runTurn(connection.mode)
}

const essenceOf = ({ answer: said, outcome, steps: shown }: FinishedTurn) => ({
  said,
  outcome,
  steps: shown.map(({ kind, status, title }) => ({ kind, status, title })),
})

describe('the event stream', () => {
  it('means the same however the network splits its bytes', async () => {
    const whole = essenceOf(await runInPieces([1_000_000]))
    expect(whole.said).toBe('Einen Moment – 待って … 🌦\n\nOslo: 3 °C, Zürich: 7 °C ☀️')
    expect(whole.outcome?.tools).toHaveLength(2)
    expect(essenceOf(await runInPieces([1]))).toEqual(whole)
    const pieces = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(
        pieces.filter(sizes => Math.max(...sizes) >= 8),
        async sizes => {
          expect(essenceOf(await runInPieces(sizes))).toEqual(whole)
        },
      ),
      { numRuns: 40 },
    )
  })

  it('gives text as soon as it arrives, before the answer is complete', async () => {
    const first = Promise.withResolvers<void>()
    server.script = async (_request, response) => {
      response.write(bytesOf(textBlock('Oslo ').slice(0, 2)))
      await first.promise
      response.end(bytesOf(answer('is cold.').slice(1)))
    }
    const turn = await runTurn(connection.mode, { message: 'Hello', onWrite: () => first.resolve() })
    expect(turn.deltas).toEqual(['Oslo ', 'is cold.'])
  })

  it.each([1, 30, 200])(
    'that is cut %i bytes before its end gives a failure or the complete answer, never a shorter one',
    async missing => {
      const bytes = bytesOf(answer('Oslo is cold.'))
      server.script = (_request, response) => {
        response.write(bytes.subarray(0, bytes.length - missing), () => response.socket?.destroy())
      }
      const turn = await runTurn(connection.mode)
      // The last event has the usage only, so the answer is complete if the client received the event before it.
      if (turn.failure) expect(turn.failure.code).toBe('BEDROCK_STREAM_BROKEN')
      else expect(turn).toMatchObject({ answer: 'Oslo is cold.', outcome: { finishReason: 'stop' } })
    },
  )

  it('may contain events of unknown types', async () => {
    const [start = {}, ...rest] = answer('Oslo is cold.')
    server.play([start, { somethingNew: { a: 1 } }, ...rest])
    expect((await runTurn(connection.mode)).answer).toBe('Oslo is cold.')
  })
})
