import {
  AIMessageChunk,
  type AIMessageChunkFields,
  type StandardMessageStructure,
} from '@langchain/core/messages'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readResponse } from './model-response.ts'

const chunk = (fields: AIMessageChunkFields<StandardMessageStructure> = {}): AIMessageChunk =>
  new AIMessageChunk<StandardMessageStructure>({ content: '', ...fields })
const textChunk = (content: string) => chunk({ content })
const startChunk = (index: number, id: string, name: string) =>
  chunk({ tool_call_chunks: [{ type: 'tool_call_chunk', index, id, name }] })
const inputChunk = (index: number, args: string) =>
  chunk({ tool_call_chunks: [{ type: 'tool_call_chunk', index, args }] })
const thinkingChunk = (index: number, block: Record<string, unknown>) =>
  chunk({ content: [{ type: 'reasoning', index, ...block }] })

/** Joins chunks as LangChain joins those of a stream. */
function assemble(...chunks: AIMessageChunk[]) {
  return readResponse(
    chunks.reduce((joined, next) => joined.concat(next), chunk()),
    [],
  )
}

describe('a streamed reply', () => {
  it('has the joined text, the stop reason and the usage, if the stream has them', () => {
    const usage = { input_tokens: 7, output_tokens: 3, total_tokens: 10 }
    const details = { input_token_details: { cache_read: 4, cache_creation: 2 } }
    const texts = [textChunk('Oslo '), textChunk('is cold.')]
    const stop = chunk({ response_metadata: { messageStop: { stopReason: 'end_turn' } } })
    expect(assemble(...texts, stop, chunk({ usage_metadata: { ...usage, ...details } }))).toMatchObject({
      text: 'Oslo is cold.',
      stopReason: 'end_turn',
      usage: { inputTokens: 7, outputTokens: 3, cacheReadInputTokens: 4, cacheWriteInputTokens: 2 },
      toolCalls: [],
    })
    expect(assemble(...texts)).toMatchObject({ stopReason: undefined, usage: undefined })
  })

  it('keeps parallel tool calls apart, however their pieces interleave', () => {
    const reply = assemble(
      startChunk(1, 'a', 'get_order'),
      startChunk(2, 'b', 'get_order'),
      inputChunk(1, ''),
      inputChunk(2, '{"city":'),
      inputChunk(1, '{"city":"Os'),
      inputChunk(2, '"Rome"}'),
      inputChunk(1, 'lo"}'),
    )
    expect(reply.toolCalls).toEqual([
      { id: 'a', name: 'get_order', arguments: { city: 'Oslo' } },
      { id: 'b', name: 'get_order', arguments: { city: 'Rome' } },
    ])
  })

  it.each([
    ['that was cut off, without repairing it', '{"city":"Par', undefined],
    ['without input, as an empty object', '', {}],
    ['whose input is no object, without arguments', '[1]', undefined],
  ])('has a tool call %s', (_what, input, given) => {
    const { toolCalls } = assemble(startChunk(0, 'a', 'get_order'), inputChunk(0, input))
    expect(toolCalls).toEqual([{ id: 'a', name: 'get_order', arguments: given }])
  })

  it('keeps the thinking and its signature for the model, but not in the text', () => {
    const reply = assemble(
      thinkingChunk(0, { reasoning: 'Let me ' }),
      thinkingChunk(0, { reasoning: 'think.' }),
      thinkingChunk(0, { reasoning: '', signature: 'sig' }),
      textChunk('Hel'),
      textChunk('lo.'),
    )
    expect(reply.text).toBe('Hello.')
    expect(reply.message.content).toEqual([
      { type: 'reasoning', index: 0, reasoning: 'Let me think.', signature: 'sig' },
      { type: 'text', text: 'Hello.' },
    ])
  })

  it('goes back to the model without blank text, which Bedrock refuses', () => {
    expect(assemble(textChunk('\n'), startChunk(1, 'a', 'x')).message.content).toBe('')
    const reply = assemble(thinkingChunk(0, { reasoning: 'Hm.' }), textChunk(' '), startChunk(1, 'a', 'x'))
    expect(reply.message.content).toEqual([{ type: 'reasoning', index: 0, reasoning: 'Hm.' }])
  })

  it('does not depend on where the model’s text and JSON were split', () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 40 }),
        fc.dictionary(fc.string({ maxLength: 8 }), fc.string({ maxLength: 20 }), { noNullPrototype: true }),
        fc.array(fc.nat(60), { maxLength: 6 }),
        (text, input, cuts) => {
          const reply = assemble(
            ...split(text, cuts).map(textChunk),
            startChunk(1, 'a', 'get_order'),
            ...split(JSON.stringify(input), cuts).map(piece => inputChunk(1, piece)),
          )
          expect(reply.text).toBe(text)
          expect(reply.toolCalls).toEqual([{ id: 'a', name: 'get_order', arguments: input }])
        },
      ),
    )
  })
})

function split(text: string, cuts: readonly number[]): string[] {
  const places = [0, ...[...cuts].sort((a, b) => a - b).map(cut => Math.min(cut, text.length)), text.length]
  return places.slice(1).map((place, index) => text.slice(places[index], place))
}
